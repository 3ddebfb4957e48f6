// Begin: with a drawing or with a row.

if (model.image) {
  startDrawing(bytes => {
    show(document.getElementById("seen"), bytes, model.image[1], model.image[0]);
    seeInputs(Array.from(bytes, x => x / 255));
  });
} else {
  startForm(seeInputs, seeNothing);
}
