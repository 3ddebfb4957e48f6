// The loss around the network: the map first, hills below it, both at the step of the slider.

import {byId, make} from "../../render/web/dom.js";
import {drawHills} from "../../render/landscape/browser/hills.js";
import {drawMap} from "../../render/landscape/browser/map.js";
import {turn, viewOf} from "../../render/landscape/browser/view.js";
import {trying} from "./doing.js";
import {get, post} from "./server.js";
import {store, when} from "./store.js";
import {SAY, WORDS} from "./words.js";

const LINES = 9;
/** @type {any} */
let surface = null;
/** @type {any} */
let view = null;
let waits = false, isThere = false;

/** A surface as the drawings take it, from what the server says. @param {any} found @returns {import("../../render/landscape/browser/surface.js").Surface} */
export function surfaceFrom(found) {
  const {alphas, betas, losses, path} = found, all = losses.flat().map((/** @type {number | null} */ loss) => loss ?? NaN), finite = all.filter(Number.isFinite);
  const low = finite.reduce((/** @type {number} */ p, /** @type {number} */ q) => Math.min(p, q), Infinity), high = finite.reduce((/** @type {number} */ p, /** @type {number} */ q) => Math.max(p, q), -Infinity);
  const near = (/** @type {number[]} */ values) => values.reduce((best, value, k) => Math.abs(value) < Math.abs(values[best]) ? k : best, 0);
  const log = low > 0 && high / low > 10, lines = Array.from({length: LINES}, (_, k) => log ? low * (high / low) ** ((k + 1) / (LINES + 1)) : low + (high - low) * (k + 1) / (LINES + 1));
  return {alphas, betas, columns: alphas.length, rows: betas.length, losses: Float32Array.from(all), centre: [near(betas), near(alphas)], low, high: Math.max(high, low + 1e-9),
    labels: ["α", "β"], lines: {log: log ? lines : null, linear: log ? null : lines}, path: path && {...path, chosen: path.chosen}};
}

export const landscapePanel = {
  title: WORDS.landscape,
  /** @param {HTMLElement} place */
  make(place) {
    const hills = make("canvas", {id: "hills", role: "img", "aria-label": WORDS.landHills});
    place.append(make("p", {class: "note", text: WORDS.landNote}), make("div", {class: "buttons"}, make("button", {type: "button", class: "button main", id: "land-compute", text: WORDS.compute, click: compute}),
      make("button", {type: "button", class: "button", id: "land-stop", text: WORDS.stop, hidden: true, click: () => trying(() => post("/landscape", {stop: true}))})),
    make("p", {class: "note", role: "status", id: "land-told"}),
    make("div", {id: "land", hidden: true}, make("canvas", {id: "map", role: "img", "aria-label": WORDS.landMap}), hills,
      make("div", {class: "buttons"}, make("button", {type: "button", class: "button small", text: WORDS.turnLeft, click: () => turned(-20)}), make("button", {type: "button", class: "button small", text: WORDS.turnRight, click: () => turned(20)}))));
    listenToHills(hills);
    landscapePanel.state();
    if (isThere) fetchIt();
  },
  state() {
    const few = store.state.run.last - (store.state.run.first ?? 0) < 3;
    if (few && !surface) byId("land-told").textContent = WORDS.tooFew;
  },
  /** @param {any} told */
  landscape(told) {
    byId("land-stop").hidden = !(told.of && told.done < told.of);
    byId("land-told").textContent = told.error ?? (told.of && told.done < told.of ? SAY.points(told.done, told.of) : "");
    if (isThere) fetchIt();
  },
  theta() { draw(); },
};

async function compute() {
  byId("land-told").textContent = SAY.points(0, 1);
  await trying(() => post("/landscape", {points: 25, samples: 500}));
}

async function fetchIt() {
  const found = await get("/landscape").catch(() => null);
  surface = found && surfaceFrom(found);
  if (!byId("land")) return;
  byId("land").hidden = !surface;
  if (!surface) return;
  view = viewOf(surface, surface.lines.log ? "log" : "linear");
  draw();
}

function draw() {
  if (waits || !surface || !byId("map")) return;
  waits = true;
  requestAnimationFrame(() => {
    waits = false;
    const map = byId("map"), hills = byId("hills");
    if (!map || !view) return;
    if (surface.path) view.step = surface.path.steps.reduce((/** @type {number} */ best, /** @type {number} */ step, /** @type {number} */ k, /** @type {number[]} */ all) =>
      Math.abs(step - store.step) < Math.abs(all[best] - store.step) ? k : best, 0);
    drawMap(map, surface, view, 300);
    drawHills(hills, surface, view, 300);
  });
}

/** @param {number} by */
function turned(by) { turn(view, by, 0); draw(); }

// A finger that moves up and down scrolls the page; sideways it turns the hills.
/** @param {HTMLCanvasElement} canvas */
function listenToHills(canvas) {
  let from = 0;
  canvas.addEventListener("pointerdown", event => { from = event.clientX; canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointermove", event => {
    if (!event.buttons || !view) return;
    turn(view, (event.clientX - from) / 2, 0);
    from = event.clientX;
    draw();
  });
}

when("landscape", told => { isThere = told.of > 0 && told.done >= told.of; });
