// What the network is asked: a paper, a form, or a point of the plane.

import {byId, make} from "../../render/web/dom.js";
import {startForm} from "../../render/web/form.js";
import {say} from "../../render/web/numbers.js";
import {startPaper} from "../../render/web/paper.js";
import {bytesOf, get} from "./server.js";
import {trying} from "./doing.js";
import {FIRST_DIGIT} from "./first_digit.js";
import {boxOf, drawPlane, pictures} from "./plane.js";
import {see, seeNothing, setMeaning} from "./seeing.js";
import {store, when} from "./store.js";
import {SAY, WORDS} from "./words.js";

/** @type {{part: string, number: number} | null} the sample that was asked for last */
let sample = null;
/** @type {any} what is drawn on again where θ is another */
let plane = null;

/** Which kind of input, made anew. */
export function startInput() {
  const {form} = store.state.model;
  for (const id of ["input", "input-tools", "input-more"]) byId(id).replaceChildren();
  sample = plane = null;
  store.paper = store.x = null;
  if (form === "picture") startDrawing(); else if (form === "plane") startPlane(); else startRow();
}

/** @param {string} text */
const title = text => make("h2", {id: "input-title", text});
/** @param {string} id @param {string} text @param {() => void} click */
const button = (id, text, click) => make("button", {type: "button", class: "button", id, text, click});

function startDrawing() {
  const {image, form} = store.model, [h, w] = image;
  const canvas = make("canvas", {id: "paper", "data-paper": "", width: 280, height: Math.min(560, Math.max(70, Math.round(280 * h / w))), tabindex: 0,
    role: "application", "aria-label": WORDS.paper, "aria-describedby": "how"});
  const pen = make("span", {id: "pen", hidden: true}), spot = make("i", {id: "paper-spot", class: "spot", hidden: true}), file = make("input", {type: "file", id: "file", accept: "image/*"});
  byId("input").append(title(WORDS.draw), make("div", {class: "paper"}, canvas, pen, spot));
  /** @type {string | null} the handle of a sample that lies on the paper as it is */
  let handle = null;
  let gives = false; // what lies there to the first stroke
  const paper = startPaper(canvas, pen, {size: image, form}, pixels => {
    if (!canvas.isConnected) return;
    const own = handle;
    handle = null;
    if (!own && store.label >= 0 && (gives || Array.from(pixels).every(x => x === 0))) setMeaning(-1); // it was meant of what lay there
    gives &&= Boolean(own);
    see(Array.from(pixels, x => x / 255), {pixels: Array.from(pixels)}, own);
  }, text => { byId("told").textContent = text; });
  /** @param {ArrayLike<number> | null} pixels @param {string | null} [of] @param {boolean} [givesWay] */
  const take = (pixels, of = null, givesWay = false) => {
    if (store.label >= 0) setMeaning(-1);
    paper.put(pixels, givesWay);
    handle = of;
    gives = givesWay;
  };
  byId("input-tools").append(make("div", {class: "buttons"}, button("clear", WORDS.clear, () => take(null)), button("undo", WORDS.undoStroke, paper.undo),
    make("label", {class: "button file"}, `${WORDS.file} `, file)), sampleButtons(), make("p", {id: "told", class: "note", role: "status"}));
  byId("input-more").append(make("p", {id: "how", class: "note", text: WORDS.how}));
  file.addEventListener("change", () => { if (store.label >= 0) setMeaning(-1); paper.open(file.files?.[0]); file.value = ""; });
  store.paper = {take};
  if (h === 28 && w === 28 && store.state.data.id === "mnist") take(bytesOf(FIRST_DIGIT), "test:0", true);
  else firstSample();
}

async function firstSample() {
  const given = await get("/sample?number=0").catch(() => null);
  if (given) putSample(given, true); else if (store.paper) store.paper.take(null);
}

function sampleButtons() {
  const own = Boolean(store.model.classes), next = button("next-sample", WORDS.nextSample, () => anySample({number: (sample?.number ?? 0) + 1}));
  if (!own) return make("div", {class: "buttons"}, next);
  return make("div", {class: "buttons"}, next, button("mistake", WORDS.mistake, () => anySample({find: "mistake", after: sample?.number ?? 0})),
    button("sure", WORDS.sure, () => anySample({find: "sure"})));
}

/** @param {Record<string, any>} asked */
async function anySample(asked) {
  const given = await trying(() => get(`/sample?${new URLSearchParams(asked)}`));
  if (!given) return;
  putSample(given);
  if (asked.find && store.model.classes) setMeaning(store.model.classes.indexOf(given.label));
}

/** What is true: a class, or values without the noise of float32. @param {any} label */
const inWords = label => [label].flat().map(one => typeof one === "number" ? say(one) : one).join(", ");

/** Put a sample where the input stands. @param {any} given as GET /sample has it @param {boolean} [givesWay] to the first stroke */
export function putSample(given, givesWay = false) {
  sample = {part: given.part, number: given.number};
  if (store.label >= 0) setMeaning(-1);
  if (given.pixels && store.paper) store.paper.take(bytesOf(given.pixels), given.handle, givesWay);
  else if (plane && given.values) plane.go(given.values, given.handle);
  else if (given.cells) fillRow(given.cells);
  else if (given.values) see(given.values, {values: given.values}, given.handle);
  requestAnimationFrame(() => {
    byId("told").textContent = `${SAY.sample(given.part, given.number, given.of)} ${given.label === null ? "" : SAY.truth(inWords(given.label))}`;
  });
}

/** A sample by its handle. @param {string} handle @param {string | null} [label] what was meant */
export async function putHandle(handle, label = null) {
  const [part, number] = handle.split(":"), given = await trying(() => get(`/sample?part=${part}&number=${number}`));
  if (!given) return;
  putSample(given);
  if (label !== null) setMeaning(store.model.classes.indexOf(label));
}

function startRow() {
  const form = make("form", {id: "row", autocomplete: "off"}), paste = make("textarea", {id: "paste", rows: 3}), pasted = make("p", {id: "pasted", class: "note", role: "status"});
  byId("input").append(title(WORDS.row), form);
  byId("input-more").append(make("details", {}, make("summary", {text: WORDS.paste}), make("p", {}, make("label", {for: "paste", text: WORDS.pasteHow})), paste, pasted));
  byId("input-tools").append(sampleButtons(), make("p", {id: "told", class: "note", role: "status"}));
  startForm({form, paste, pasted}, store.model, (x, texts) => see(x, {values: x}, null, texts), seeNothing);
}

/** @param {Record<string, string>} cells */
function fillRow(cells) {
  const names = Object.keys(cells), quoted = (/** @type {string} */ text) => `"${text.replaceAll('"', '""')}"`;
  const paste = byId("paste");
  paste.value = `${names.map(quoted).join(",")}\n${names.map(name => quoted(cells[name])).join(",")}`;
  paste.dispatchEvent(new Event("input"));
  paste.value = "";
  byId("pasted").textContent = "";
}

async function startPlane() {
  const two = store.state.model.sizes[0] === 2;
  const canvas = make("canvas", {id: "plane", width: 280, height: 280, tabindex: 0, role: "application", "aria-label": two ? WORDS.plane : WORDS.line, "aria-describedby": "how"});
  byId("input").append(title(two ? WORDS.plane : WORDS.line), canvas);
  byId("input-tools").append(make("p", {id: "point", class: "note num"}), sampleButtons(), make("p", {id: "told", class: "note", role: "status"}));
  byId("input-more").append(make("p", {id: "how", class: "note", text: WORDS.planeHow}));
  const side = store.state.model.sizes[0], data = {X: /** @type {number[][]} */ ([]), y: /** @type {any[]} */ ([]), low: Array(side).fill(-1), high: Array(side).fill(1)};
  const made = {
    at: Array(side).fill(0.25), data,
    /** @param {number[]} x @param {string | null} [handle] */
    go(x, handle = null) {
      made.at = x;
      byId("point").textContent = x.map((v, k) => `${store.model.features[k] ?? `x${k}`} = ${v.toFixed(3).replace("-", "−")}`).join(", ");
      see(x, {values: x}, handle);
      made.draw();
    },
    draw() { drawPlane(canvas, store.model, store.net, data, made.at); },
    theta() {
      store.model.plane.pictures = pictures(store.net, data);
      store.view.paint();
      made.draw();
    },
  };
  plane = made;
  const under = (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect(), u = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)), v = 1 - Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
    return [u, v].slice(0, side).map((share, k) => data.low[k] + share * (data.high[k] - data.low[k]));
  };
  canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => { canvas.setPointerCapture(event.pointerId); made.go(under(event)); });
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => { if (event.buttons) made.go(under(event)); });
  canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const way = /** @type {Record<string, number[]>} */ ({ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]})[event.key];
    if (!way) return;
    event.preventDefault();
    made.go(made.at.map((x, k) => Math.min(data.high[k], Math.max(data.low[k], x + way[k] * (data.high[k] - data.low[k]) / (event.shiftKey ? 200 : 40)))));
  });
  made.theta();
  made.go(made.at);
  const found = await get("/samples?part=train&limit=300").catch(() => null);
  if (!found || plane !== made || !found.X.length) return;
  Object.assign(data, found, boxOf(found.X));
  made.theta();
  made.go(made.at);
}

when("theta", () => plane?.theta());
/** Draw the plane again. */
export const repaintInput = () => plane?.draw();
