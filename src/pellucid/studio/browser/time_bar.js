// Time: train, pause, one step, one epoch; and the curve, which is the slider for all that is shown.

import {byId} from "../../render/web/dom.js";
import {percent, short} from "../../render/web/numbers.js";
import {DASHES, drawCurve, nearest} from "./curve.js";
import {command, say} from "./doing.js";
import {get} from "./server.js";
import {store, tell, when} from "./store.js";
import {SAY, WORDS, group} from "./words.js";

const SLOW = 0.5, PATIENCE = 300;

/** @type {number | null} the step that the slider is being drawn to */
let wanted = null;
let going = false, slow = false, timer = 0, pointed = -1;

/** Give the buttons and the slider what they do. */
export function startTime() {
  const train = byId("train"), time = byId("time");
  train.addEventListener("click", () => (isTraining() ? command("pause") : start()));
  for (const name of ["step", "epoch"]) document.querySelector(`[data-action=${name}]`)?.addEventListener("click", () => command(name));
  byId("slow").addEventListener("click", () => {
    slow = !slow;
    byId("slow").setAttribute("aria-pressed", String(slow));
    if (isTraining()) start();
  });
  time.addEventListener("input", () => { wanted = Number(time.value); tell("preview", wanted); draw(); });
  time.addEventListener("change", () => goTo(Number(time.value)));
  time.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const {left, width} = time.getBoundingClientRect(), {first, last} = reach();
    pointed = Math.round(first + (last - first) * Math.min(1, Math.max(0, (event.clientX - left) / width)));
    showText();
  });
  time.addEventListener("pointerleave", () => { pointed = -1; showText(); });
  new ResizeObserver(draw).observe(byId("curve"));
  when("state", stateCame);
  when("step", stepCame);
  when("lost", () => { byId("run-state").textContent = WORDS.gone; });
}

/** Train on, or once more with another pause between the steps. */
const start = () => command("start", {slow: slow ? SLOW : 0});
const isTraining = () => store.event?.state === "training";

/** The steps that one can go back to. */
const reach = () => ({first: store.state?.run.first ?? 0, last: Math.max(store.event?.last ?? 0, store.state?.run.first ?? 0)});

/** Go to a step, to the very bits; of several that are asked for, to the last one. @param {number} step */
export async function goTo(step) {
  wanted = step;
  if (going) return;
  going = true;
  let done = -1;
  while (wanted !== null && wanted !== done) {
    done = wanted;
    await command("back", {step: done});
  }
  wanted = null;
  going = false;
  tell("preview", null);
  draw();
}

/** @param {any} told */
function stepCame(told) {
  const was = store.event?.state;
  store.event = told;
  const train = byId("train"), training = told.state === "training";
  if (was !== told.state) {
    train.textContent = training ? WORDS.pause : WORDS.train;
    train.dataset.action = training ? "pause" : "train";
  }
  put("[data-step]", group(told.step), told.step);
  put("[data-loss]", told.loss === null ? "–" : short(told.loss), told.loss);
  const {kind} = store.state?.model ?? {};
  put("[data-accuracy]", told.dev === null ? "–" : kind === "values" ? `R² ${short(told.dev)}` : percent(told.dev), told.dev);
  byId("accuracy-of").textContent = kind === "values" ? "" : "dev";
  byId("run-state").textContent = told.state;
  const time = byId("time"), {first, last} = reach();
  if (Number(time.min) !== first) time.min = String(first);
  if (Number(time.max) !== last) time.max = String(last);
  time.disabled = last <= first;
  if (wanted === null) time.value = String(told.step);
  time.setAttribute("aria-valuetext", SAY.at(told.step));
  if (told.state === "seeking") say(SAY.seeking(group(told.step)), [[WORDS.cancel, () => command("cancel")]], true);
  else if (was === "seeking") say("");
  fetchCurve();
}

/** @param {string} selector @param {string} text @param {number | null} value */
function put(selector, text, value) {
  const place = /** @type {HTMLElement} */ (document.querySelector(selector));
  if (place.textContent !== text) place.textContent = text;
  place.dataset.value = String(value);
}

/** @param {any} before */
function stateCame(before) {
  const {run, branches} = store.state;
  put("[data-theta-hash]", run.hash.slice(0, 16), null);
  for (const id of Object.keys(store.courses)) if (!branches.some((/** @type {any} */ one) => one.id === id)) delete store.courses[id];
  if (before && (before.data.id !== store.state.data.id || before.run.folder !== run.folder && run.last === 0)) store.courses = {};
  for (const {id} of branches) if (!store.courses[id]) fetchOne(id);
  draw();
}

// The curve of the branch that is active grows; others were fetched when they came.
function fetchCurve() {
  draw();
  if (timer) return;
  timer = window.setTimeout(async () => {
    const {branch, last} = store.event;
    await fetchOne(branch);
    timer = 0;
    draw();
    if (store.event.last !== last || store.event.branch !== branch) fetchCurve();
  }, PATIENCE);
}

/** @param {string} id */
async function fetchOne(id) {
  const known = store.courses[id] ?? {points: [], epochs: []}, last = known.points.at(-1)?.[0] ?? 0;
  const end = id === store.event?.branch ? store.event.last : Infinity, after = last > end ? 0 : last;
  const found = await get(`/history?branch=${id}&after=${after}`).catch(() => null);
  if (!found) return;
  const course = store.courses[id] = after ? store.courses[id] ?? known : {points: [], epochs: []}, from = course.points.at(-1)?.[0] ?? -1;
  course.points.push(...found.points.filter((/** @type {number[]} */ [step]) => step > from));
  course.epochs = found.epochs;
  tell("history");
}

/** The courses in the order of the branches, each with its dashes. */
export function coursesShown() {
  return (store.state?.branches ?? []).map((/** @type {any} */ {id, name, active}, /** @type {number} */ k) =>
    ({points: store.courses[id]?.points ?? [], name, active, dash: DASHES[k % DASHES.length]}));
}

function draw() {
  if (!store.state) return;
  const courses = coursesShown(), {first} = reach(), last = Math.max(reach().last, ...courses.map((/** @type {any} */ one) => one.active ? 0 : one.points.at(-1)?.[0] ?? 0));
  // the slider reaches to the end of the branch that is active, also where another is longer
  const share = reach().last > first ? (reach().last - first) / Math.max(1, last - first) : 1;
  byId("time").style.width = `${100 * share}%`;
  drawCurve(/** @type {HTMLCanvasElement} */ (byId("curve")), courses, first, last, wanted ?? store.event?.step ?? 0,
    store.state.journal.filter((/** @type {any} */ one) => !one.undone).map((/** @type {any} */ one) => one.step));
  showText();
}

function whyNoCurve() {
  const {first, last} = reach();
  if (last > 0) return last > first ? SAY.curveNotKept(last) : SAY.pastNotKept(last);
  return store.state?.run.began_trained ? WORDS.trainedBefore : WORDS.noCurve;
}

function showText() {
  const place = byId("curve-text"), course = store.courses[store.event?.branch], points = course?.points ?? [];
  const step = pointed >= 0 && reach().last > reach().first ? pointed : wanted;
  let text = !course || points.length ? "" : whyNoCurve();
  if (store.looking && wanted !== null) text = store.looking;
  else if (step !== null && points.length) {
    const [at, loss, accuracy] = /** @type {import("./curve.js").Point} */ (nearest(points, step));
    text = SAY.point(group(at), short(loss), accuracy === null ? "" : SAY.accuracy(percent(accuracy)));
  }
  if (place.textContent !== text) place.textContent = text;
}

export {draw as drawTime};
