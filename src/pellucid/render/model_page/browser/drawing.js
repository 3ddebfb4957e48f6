// A page to draw on: the paper, digits to try, and what the network sees of them.

import {byId, make} from "../../web/dom.js";
import {paintGrey} from "../../web/ink.js";
import {startPaper} from "../../web/paper.js";
import {carried, page, see, setMeaning, startPage} from "./page.js";

function startDrawing() {
  startPage();
  const {image, form, samples, mistake, classes} = page.model, [h, w] = image, canvas = byId("paper");
  canvas.height = Math.min(560, Math.max(70, Math.round(canvas.width * h / w)));
  const paper = startPaper(canvas, byId("pen"), {size: image, form}, pixels => {
    paintGrey(byId("seen"), pixels, image);
    see(Array.from(pixels, x => x / 255));
  }, text => { byId("told").textContent = text; });
  const packed = carried();
  /** @param {ArrayLike<number> | null} pixels */
  const take = pixels => { setMeaning(-1); paper.put(pixels); };
  byId("undo").addEventListener("click", paper.undo);
  byId("clear").addEventListener("click", () => take(null));
  const file = byId("file");
  file.addEventListener("change", () => { paper.open(file.files[0]); file.value = ""; });
  page.paper = paper;
  byId("examples").hidden = !samples;
  if (!samples) byId("input-title").textContent = "Draw";
  if (!samples) { paper.put(null); return; }
  /** @param {number} k */
  const pixelsOfSample = k => packed.pixels.subarray(k * h * w, (k + 1) * h * w);
  if (mistake !== null) {
    const label = samples.pop(), k = samples.length;
    byId("mistake").hidden = false;
    byId("mistake").addEventListener("click", () => {
      take(pixelsOfSample(k));
      setMeaning(classes.indexOf(label));
      byId("told").textContent = `Sample ${mistake} of the test digits: a ${label}. Of all its mistakes, the network is surest of this one.`;
    });
  }
  samples.forEach((/** @type {string} */ name, /** @type {number} */ k) => {
    const picture = make("canvas", {"aria-hidden": "true"});
    paintGrey(picture, pixelsOfSample(k), image);
    byId("samples").append(make("button", {type: "button", "aria-label": `Try a real ${name}`, click: () => take(pixelsOfSample(k))}, picture));
  });
  paper.put(pixelsOfSample(0), true);
}

startDrawing();
