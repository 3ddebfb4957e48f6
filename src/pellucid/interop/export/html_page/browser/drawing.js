// The paper: strokes of a pointer or of the keys, or a picture from a file; and the pixels that the network sees of it.

// Grey values of a canvas, as Pillow makes them of red, green and blue.
function greyOf(canvas) {
  const {data, width, height} = canvas.getContext("2d", {willReadFrequently: true}).getImageData(0, 0, canvas.width, canvas.height);
  return image(height, width, (y, x, i) =>
    (data[4 * i] * 19595 + data[4 * i + 1] * 38470 + data[4 * i + 2] * 7471 + 0x8000) >> 16);
}

// The pixels that the network sees of a grey picture; null where there should be ink and is none.
function pixelsOf(grey) {
  const [h, w] = model.image;
  if (model.form === "mnist" && h === FIELD && w === FIELD) return toMnist(grey)?.p ?? null;
  return (grey.h === h && grey.w === w ? grey : resized(grey, h, w)).p;
}

// Draw pixels (h × w) on a canvas.
function show(canvas, pixels, w, h) {
  canvas.width = w;
  canvas.height = h;
  const picture = new ImageData(w, h);
  pixels.forEach((value, i) => picture.data.set([value, value, value, 255], 4 * i));
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

function tell(text) {
  document.getElementById("told").textContent = text;
}

function startDrawing(see) {
  const paper = document.getElementById("paper"), pen = paper.getContext("2d", {willReadFrequently: true});
  const strokes = [], blank = new Float64Array(model.image[0] * model.image[1]);
  let waits = false;

  function redraw() {
    tell("");
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, paper.width, paper.height);
    Object.assign(pen, {strokeStyle: "#fff", fillStyle: "#fff", lineWidth: 22, lineCap: "round", lineJoin: "round"});
    for (const stroke of strokes) {
      pen.beginPath();
      stroke.forEach(([x, y]) => pen.lineTo(x, y));
      if (stroke.length === 1) pen.lineTo(stroke[0][0] + 0.1, stroke[0][1]);
      pen.stroke();
    }
  }

  // What was drawn goes through the network before the next picture of the screen, once.
  function changed() {
    redraw();
    if (!waits) requestAnimationFrame(() => {
      if (waits) see(pixelsOf(greyOf(paper)) ?? blank);
      waits = false;
    });
    waits = true;
  }

  // Something else than strokes: its pixels are seen as they are.
  function instead(pixels) {
    strokes.length = 0;
    waits = false;
    redraw();
    see(pixels);
  }

  function undo() { strokes.pop(); changed(); }
  function clear() { strokes.length = 0; changed(); }
  listenToPointer(paper, strokes, changed);
  listenToKeys(paper, strokes, changed, undo);
  document.getElementById("undo").addEventListener("click", undo);
  document.getElementById("clear").addEventListener("click", clear);
  listenToFiles(paper, (grey, name, picture) => {
    const pixels = pixelsOf(grey);
    if (!pixels) { tell(`${name}: there is no ink in the picture; what was drawn stays.`); return; }
    instead(pixels);
    const scale = Math.min(paper.width / grey.w, paper.height / grey.h), w = grey.w * scale, h = grey.h * scale;
    pen.drawImage(picture, (paper.width - w) / 2, (paper.height - h) / 2, w, h);
  });
  for (const sample of model.samples) {
    const bytes = Uint8Array.from(atob(sample.pixels), one => one.charCodeAt(0));
    const button = document.createElement("button"), picture = document.createElement("canvas");
    button.type = "button";
    button.setAttribute("aria-label", `Try a real ${sample.name}`);
    show(picture, bytes, model.image[1], model.image[0]);
    button.append(picture);
    button.addEventListener("click", () => instead(bytes));
    document.getElementById("samples").append(button);
  }
  instead(blank);
}

// Strokes of the first finger, of a pen, of the mouse's main button.
function listenToPointer(paper, strokes, changed) {
  let drawing = null; // the pointer that draws
  const place = event => {
    const box = paper.getBoundingClientRect(), edge = paper.clientLeft;
    return [(event.clientX - box.left - edge) * paper.width / paper.clientWidth,
      (event.clientY - box.top - edge) * paper.height / paper.clientHeight];
  };
  paper.addEventListener("pointerdown", event => {
    if (drawing !== null || !event.isPrimary || event.button !== 0) return;
    drawing = event.pointerId;
    paper.setPointerCapture(drawing);
    strokes.push([place(event)]);
    changed();
  });
  paper.addEventListener("pointermove", event => {
    if (event.pointerId !== drawing) return;
    const stroke = strokes.at(-1) ?? strokes[strokes.push([]) - 1];
    stroke.push(place(event));
    changed();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"])
    paper.addEventListener(end, event => { if (event.pointerId === drawing) drawing = null; });
}

// Arrow keys move the pen, the space bar puts it down and lifts it.
function listenToKeys(paper, strokes, changed, undo) {
  const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  const mark = document.getElementById("pen"), at = [paper.width / 2, paper.height / 2];
  let stroke = null;
  const showPen = () => {
    mark.style.left = `${100 * at[0] / paper.width}%`;
    mark.style.top = `${100 * at[1] / paper.height}%`;
    mark.classList.toggle("down", stroke !== null);
    mark.hidden = false;
  };
  paper.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ways) {
      const step = event.shiftKey ? 2 : 10;
      ways[event.key].forEach((way, k) => { at[k] = Math.min(paper.width, Math.max(0, at[k] + step * way)); });
      if (stroke && strokes.at(-1) === stroke) { stroke.push([...at]); changed(); } else stroke = null;
    } else if (event.key === " ") {
      stroke = stroke ? null : [[...at]];
      if (stroke) { strokes.push(stroke); changed(); }
    } else if (event.key === "Backspace" || event.key === "Delete") {
      stroke = null;
      undo();
    } else return;
    event.preventDefault();
    showPen();
  });
  paper.addEventListener("focus", () => { if (paper.matches(":focus-visible")) showPen(); });
  for (const away of ["blur", "pointerdown"]) paper.addEventListener(away, () => { mark.hidden = true; stroke = null; });
}

// A picture that is chosen, dropped or pasted, in its own size, on white paper.
function listenToFiles(paper, take) {
  async function open(file) {
    if (!file) return;
    const picture = await createImageBitmap(file).catch(() => null);
    if (!picture) { tell(`${file.name}: this is no picture that can be opened here; what was drawn stays.`); return; }
    const canvas = Object.assign(document.createElement("canvas"), {width: picture.width, height: picture.height});
    const whole = canvas.getContext("2d", {willReadFrequently: true});
    whole.fillStyle = "#fff";
    whole.fillRect(0, 0, canvas.width, canvas.height);
    whole.drawImage(picture, 0, 0);
    take(greyOf(canvas), file.name, canvas);
  }
  document.getElementById("file").addEventListener("change", event => open(event.target.files[0]));
  paper.addEventListener("dragover", event => event.preventDefault());
  paper.addEventListener("drop", event => { event.preventDefault(); open(event.dataTransfer.files[0]); });
  addEventListener("paste", event => { if (event.clipboardData.files.length) open(event.clipboardData.files[0]); });
}
