// The paper: strokes of a pointer or of the keys, on black or over a picture that lies there; and the pixels of it that
// a network sees.

import {make} from "./dom.js";
import {paintGrey} from "./ink.js";
import {image, resized, toMnist} from "./mnist.js";

/**
 * @typedef {{base: ArrayLike<number> | null, strokes: number[][][], givesWay: boolean, past: any[]}} Sheet
 * `base` are the pixels of a picture under the strokes, which `givesWay` to the first stroke where nobody chose it; `past`
 * is what was there before each change
 * @typedef {{size: number[], form: string}} Kind what a network sees: height and width, and how a picture becomes that
 * @typedef {object} Paper what is done to a sheet is drawn, and told
 * @property {(pixels: ArrayLike<number> | null, givesWay?: boolean) => void} put
 * @property {() => void} undo
 * @property {(place: number[]) => number[][]} begin
 * @property {(stroke: number[][], place: number[]) => void} extend
 * @property {(stroke: number[][]) => boolean} holds
 * @property {(file: File | undefined) => Promise<void>} open
 */

const KEPT = 200; // changes that can be undone

/** @returns {Sheet} */
export const emptySheet = () => ({base: null, strokes: [], givesWay: false, past: []});

/** @param {Sheet} sheet */
function remember(sheet) {
  sheet.past.push({base: sheet.base, strokes: [...sheet.strokes], givesWay: sheet.givesWay});
  if (sheet.past.length > KEPT) sheet.past.shift();
}

/** Begin a stroke. @param {Sheet} sheet @param {number[]} place @returns {number[][]} which its further places go into */
export function beginStroke(sheet, place) {
  remember(sheet);
  if (sheet.givesWay) Object.assign(sheet, {base: null, givesWay: false});
  return sheet.strokes[sheet.strokes.push([place]) - 1];
}

/**
 * Put a picture on the paper in place of all that is there, or nothing.
 * @param {Sheet} sheet @param {ArrayLike<number> | null} base @param {boolean} [givesWay] to the first stroke
 */
export function putPicture(sheet, base, givesWay = false) {
  if (!base && !sheet.base && !sheet.strokes.length) return;
  remember(sheet);
  Object.assign(sheet, {base, strokes: [], givesWay});
}

/** Take the last change back. @param {Sheet} sheet */
export function undoChange(sheet) {
  Object.assign(sheet, sheet.past.pop());
}

/** Grey values of red, green, blue and alpha, as Pillow makes them. @param {ArrayLike<number>} data @param {number} h @param {number} w */
export function greyPixels(data, h, w) {
  return image(h, w, (_y, _x, i) => (data[4 * i] * 19595 + data[4 * i + 1] * 38470 + data[4 * i + 2] * 7471 + 0x8000) >> 16);
}

/** What draws on a canvas, and reads what was drawn. @param {HTMLCanvasElement} canvas */
function penOf(canvas) {
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  if (!pen) throw new Error("this browser draws nothing");
  return pen;
}

/** Grey values of a canvas. @param {HTMLCanvasElement} canvas */
export function greyOf(canvas) {
  const {data, width, height} = penOf(canvas).getImageData(0, 0, canvas.width, canvas.height);
  return greyPixels(data, height, width);
}

/** The pixels that a network sees of a grey picture; null where there should be ink and is none. @param {import("./mnist.js").Picture} grey @param {Kind} kind */
export function pixelsOf(grey, {size: [h, w], form}) {
  if (form === "mnist" && h === 28 && w === 28) return toMnist(grey)?.p ?? null;
  return (grey.h === h && grey.w === w ? grey : resized(grey, h, w)).p;
}

/**
 * Make a canvas a paper. `see` is told the pixels that the network sees, once a picture of the screen; `tell` a sentence.
 * @param {HTMLCanvasElement} canvas @param {HTMLElement} pen which shows where the keys' pen is
 * @param {Kind} kind @param {(pixels: ArrayLike<number>) => void} see @param {(text: string) => void} tell
 */
export function startPaper(canvas, pen, kind, see, tell) {
  const context = penOf(canvas), sheet = emptySheet(), base = make("canvas");
  const blank = new Float64Array(kind.size[0] * kind.size[1]);
  let waits = false;

  function redraw() {
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (sheet.base) {
      paintGrey(base, sheet.base, kind.size);
      context.imageSmoothingQuality = "high";
      context.drawImage(base, 0, 0, canvas.width, canvas.height);
    }
    Object.assign(context, {strokeStyle: "#fff", lineWidth: 22, lineCap: "round", lineJoin: "round"});
    for (const stroke of sheet.strokes) {
      context.beginPath();
      stroke.forEach(([x, y]) => context.lineTo(x, y));
      if (stroke.length === 1) context.lineTo(stroke[0][0] + 0.1, stroke[0][1]);
      context.stroke();
    }
  }

  // A picture that nobody drew over is seen as it is.
  const seen = () => sheet.strokes.length ? pixelsOf(greyOf(canvas), kind) ?? blank : sheet.base ?? blank;

  function changed() {
    tell("");
    redraw();
    if (!waits) requestAnimationFrame(() => { waits = false; see(seen()); });
    waits = true;
  }

  /** @type {Paper} */
  const paper = {
    put(pixels, givesWay) { putPicture(sheet, pixels, givesWay); changed(); },
    undo() { undoChange(sheet); changed(); },
    begin(place) { const stroke = beginStroke(sheet, place); changed(); return stroke; },
    extend(stroke, place) { if (sheet.strokes.at(-1) === stroke) { stroke.push(place); changed(); } },
    holds: stroke => sheet.strokes.at(-1) === stroke,
    open(file) { return openFile(file, kind, paper, tell); },
  };
  listenToPointer(canvas, paper);
  listenToKeys(canvas, pen, paper);
  canvas.addEventListener("dragover", event => event.preventDefault());
  canvas.addEventListener("drop", event => { event.preventDefault(); paper.open(event.dataTransfer?.files[0]); });
  addEventListener("paste", event => { if (event.clipboardData?.files.length) paper.open(event.clipboardData.files[0]); });
  return paper;
}

// Strokes of the first finger, of a pen, of the mouse's main button.
/** @param {HTMLCanvasElement} canvas @param {Paper} paper */
function listenToPointer(canvas, paper) {
  /** @type {number | null} the pointer that draws */
  let drawing = null;
  /** @type {number[][]} what it draws */
  let stroke = [];
  const place = (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect(), edge = canvas.clientLeft;
    return [(event.clientX - box.left - edge) * canvas.width / canvas.clientWidth,
      (event.clientY - box.top - edge) * canvas.height / canvas.clientHeight];
  };
  canvas.addEventListener("pointerdown", event => {
    if (drawing !== null || !event.isPrimary || event.button !== 0) return;
    drawing = event.pointerId;
    canvas.setPointerCapture(drawing);
    stroke = paper.begin(place(event));
  });
  canvas.addEventListener("pointermove", event => {
    if (event.pointerId !== drawing) return;
    if (!paper.holds(stroke)) stroke = paper.begin(place(event)); // it was undone in between
    else paper.extend(stroke, place(event));
  });
  const lift = (/** @type {PointerEvent} */ event) => { if (event.pointerId === drawing) drawing = null; };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("lostpointercapture", lift);
}

// Arrow keys move the pen, the space bar puts it down and lifts it.
/** @param {HTMLCanvasElement} canvas @param {HTMLElement} pen @param {Paper} paper */
function listenToKeys(canvas, pen, paper) {
  /** @type {Record<string, number[]>} */
  const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  const size = [canvas.width, canvas.height], at = size.map(side => side / 2);
  /** @type {number[][] | null} */
  let stroke = null;
  const showPen = () => {
    pen.style.left = `${100 * at[0] / size[0]}%`;
    pen.style.top = `${100 * at[1] / size[1]}%`;
    pen.classList.toggle("down", stroke !== null);
    pen.hidden = false;
  };
  canvas.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ways) {
      const step = event.shiftKey ? 2 : 10;
      ways[event.key].forEach((way, k) => { at[k] = Math.min(size[k], Math.max(0, at[k] + step * way)); });
      if (stroke && paper.holds(stroke)) paper.extend(stroke, [...at]); else stroke = null;
    } else if (event.key === " ") stroke = stroke ? null : paper.begin([...at]);
    else if (event.key === "Backspace" || event.key === "Delete") {
      stroke = null;
      paper.undo();
    } else return;
    event.preventDefault();
    showPen();
  });
  canvas.addEventListener("focus", () => { if (canvas.matches(":focus-visible")) showPen(); });
  for (const away of ["blur", "pointerdown"]) canvas.addEventListener(away, () => { pen.hidden = true; stroke = null; });
}

// A picture that is chosen, dropped or pasted, read in its own size, on white.
/** @param {File | undefined} file @param {Kind} kind @param {Paper} paper @param {(text: string) => void} tell */
async function openFile(file, kind, paper, tell) {
  if (!file) return;
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) { tell(`${file.name}: this is no picture that can be opened here; what was drawn stays.`); return; }
  const whole = make("canvas", {width: picture.width, height: picture.height});
  const context = penOf(whole);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, whole.width, whole.height);
  context.drawImage(picture, 0, 0);
  const pixels = pixelsOf(greyOf(whole), kind);
  if (pixels) paper.put(pixels); else tell(`${file.name}: there is no ink in the picture; what was drawn stays.`);
}
