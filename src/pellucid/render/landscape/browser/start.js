// The page itself: what is shown in it, and what hand and keys do.

/** @import { Data, Scale } from "./surface.js" */
/** @import { Frame } from "./map.js" */
import { surfaceOf, within } from "./surface.js";
import { drawBar, drawMap, placeAt } from "./map.js";
import { drawHills } from "./hills.js";
import { playerOf } from "./player.js";
import { fromAddress, goTo, rescale, turn, viewOf, zoom } from "./view.js";
import { noteOf, say, whichOf } from "./words.js";

/**
 * @template {Element} E
 * @param {string} id
 * @param {new () => E} kind
 * @returns {E}
 */
function part(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`this page has no ${id}`);
  return found;
}
/** @type {Data} */
const data = JSON.parse(part("data", HTMLScriptElement).text);
const surface = surfaceOf(data), { path } = surface, view = viewOf(surface, data.logarithmic ? "log" : "linear");
const map = part("map", HTMLCanvasElement), bar = part("bar", HTMLCanvasElement), hills = part("hills", HTMLCanvasElement);
const every = (/** @type {string} */ which) => /** @type {HTMLElement[]} */ ([...document.querySelectorAll(which)]);
/** @type {Frame} */
let frame;
/** @type {"" | "hills" | "all"} */
let asked = "";

/**
 * Numbers of a part of the page: whole in its data-*, short in the boxes of the same names.
 * @param {string} id
 * @param {Record<string, number | null>} numbers
 */
function tell(id, numbers) {
  const box = part(id, HTMLElement);
  for (const [name, number] of Object.entries(numbers)) {
    box.dataset[name] = String(number);
    const cell = box.querySelector(`[data-is=${name}]`);
    if (cell) cell.textContent = name === "step" ? Number(number).toLocaleString("en") : say(number);
  }
}
function tellAll() {
  const [i, j] = view.at, k = view.step;
  tell("point", { loss: surface.losses[i * surface.columns + j], alpha: surface.alphas[j], beta: surface.betas[i] });
  part("which", HTMLElement).textContent = whichOf(surface, view.at);
  tell("hills", { turn: view.turn, tilt: view.tilt, zoom: view.zoom });
  if (!path) return;
  const [alpha, beta] = path.points[k], slider = part("step", HTMLInputElement);
  tell("player", {
    step: path.steps[k], loss: path.losses[k], plane: path.plane[k], distance: path.distances[k], alpha, beta,
  });
  part("there", HTMLElement).textContent = noteOf(path, k);
  slider.value = String(k);
  slider.setAttribute("aria-valuetext", `step ${path.steps[k]}, loss ${say(path.losses[k])}`);
  for (const end of ["x1", "x2"]) part("now", SVGElement).setAttribute(end, String(1000 * k / (path.steps.length - 1)));
}
function show() {
  const tall = window.innerHeight, what = asked;
  asked = "";
  if (what === "all") {
    frame = drawMap(map, surface, view, Math.max(300, 0.64 * tall));
    drawBar(bar, surface, view, frame);
  }
  document.documentElement.dataset.cells = String(drawHills(hills, surface, view, Math.max(240, 0.5 * tall)));
}
/** @param {"hills" | "all"} what */
function draw(what) {
  tellAll();
  if (!asked) requestAnimationFrame(show);
  asked = asked === "all" ? "all" : what;
}
/**
 * @param {number} i
 * @param {number} j
 */
function look(i, j) {
  view.at = within(surface, i, j);
  draw("all");
}
/** @param {Scale} scale */
function measure(scale) {
  rescale(view, surface, scale);
  draw("all");
}
/**
 * @param {number} sideways
 * @param {number} up
 */
function turnBy(sideways, up) {
  turn(view, sideways, up);
  draw("hills");
}
/** @param {number} factor */
function zoomBy(factor) {
  zoom(view, factor);
  draw("hills");
}
/**
 * @param {HTMLElement} place
 * @param {Record<string, () => void>} actions
 */
function keys(place, actions) {
  place.addEventListener("keydown", (event) => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });
}
function listenToMap() {
  const point = (/** @type {MouseEvent} */ event) => {
    const { left, top } = map.getBoundingClientRect();
    const place = placeAt(surface, frame, [event.clientX - left, event.clientY - top]);
    if (place) look(...place);
  };
  map.addEventListener("pointermove", point);
  map.addEventListener("click", point);
  keys(map, {
    ArrowLeft: () => look(view.at[0], view.at[1] - 1), ArrowRight: () => look(view.at[0], view.at[1] + 1),
    ArrowUp: () => look(view.at[0] + 1, view.at[1]), ArrowDown: () => look(view.at[0] - 1, view.at[1]),
    Home: () => look(...surface.centre),
  });
}
function listenToHills() {
  /** @type {[number, number] | null} */
  let last = null;
  hills.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary) return;
    hills.setPointerCapture(event.pointerId);
    last = [event.clientX, event.clientY];
  });
  hills.addEventListener("pointermove", (event) => {
    if (!last || !event.isPrimary) return;
    view.dragging = true;
    turnBy((event.clientX - last[0]) * 0.5, (event.clientY - last[1]) * 0.4);
    last = [event.clientX, event.clientY];
  });
  for (const end of ["pointerup", "pointercancel"]) {
    hills.addEventListener(end, () => { last = null; view.dragging = false; draw("hills"); });
  }
  keys(hills, {
    ArrowLeft: () => turnBy(-5, 0), ArrowRight: () => turnBy(5, 0),
    ArrowUp: () => turnBy(0, 5), ArrowDown: () => turnBy(0, -5),
    "+": () => zoomBy(1.2), "=": () => zoomBy(1.2), "-": () => zoomBy(1 / 1.2),
  });
  for (const button of every("button[data-turn]")) {
    const [sideways, up] = String(button.dataset.turn).split(",").map(Number);
    button.addEventListener("click", () => turnBy(sideways, up));
  }
  for (const button of every("button[data-zoom]")) button.addEventListener("click", () => zoomBy(Number(button.dataset.zoom)));
}
function listenToPlayer() {
  if (!path) return;
  const slider = part("step", HTMLInputElement), button = part("play", HTMLButtonElement);
  const player = playerOf({
    at: () => view.step, last: path.steps.length - 1,
    goTo: (step) => { goTo(view, surface, step); draw("all"); },
    shown: (playing) => {
      button.dataset.playing = String(playing);
      part("play-word", HTMLElement).textContent = playing ? "Pause" : "Play";
    },
  });
  button.addEventListener("click", player.play);
  part("back", HTMLButtonElement).addEventListener("click", () => player.go(view.step - 1));
  part("forward", HTMLButtonElement).addEventListener("click", () => player.go(view.step + 1));
  slider.addEventListener("input", () => player.go(Number(slider.value)));
}
function address() {
  fromAddress(view, surface, location.hash.slice(1));
  for (const radio of /** @type {HTMLInputElement[]} */ (every("[name=scale]"))) {
    const scale = /** @type {Scale} */ (radio.value);
    radio.checked = scale === view.scale;
    radio.disabled = !surface.lines[scale];
    radio.onchange = () => measure(scale);
  }
  draw("all");
}

document.documentElement.dataset.script = "yes";
address();
show();
listenToMap();
listenToHills();
listenToPlayer();
window.addEventListener("resize", () => draw("all"));
window.addEventListener("hashchange", address);
for (const wish of ["(prefers-color-scheme: dark)", "(forced-colors: active)", "(prefers-contrast: more)"]) {
  matchMedia(wish).addEventListener("change", () => draw("all"));
}
document.documentElement.dataset.ready = "yes";
