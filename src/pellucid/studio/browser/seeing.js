// An input goes through the network, and the zones say what came of it. It is computed here, with the θ that was fetched, so
// that a stroke is answered at once, and every number of the screen is of the same θ.

import {backward} from "../../render/web/backward.js";
import {byId, make, mark} from "../../render/web/dom.js";
import {answerNames, answersOf, nameOf} from "../../render/web/names.js";
import {networkView} from "../../render/web/network_view.js";
import {numberView, showSpot, writeLines} from "../../render/web/number_view.js";
import {percent, say} from "../../render/web/numbers.js";
import {forward} from "../../render/web/pass.js";
import {stepsBack} from "../../render/web/walk.js";
import {store, tell} from "./store.js";
import {SAY, WORDS} from "./words.js";

const MOST_CHIPS = 20, CRUMBS = 3;

/** The rate of a step as the walk says it. */
export const rateNow = () => store.event?.rate || store.state?.settings.learning_rate || 0.1;

/** Make the views of a network, in place of those that were. */
export function startViews() {
  for (const id of ["network", "look", "meant"]) byId(id).replaceChildren();
  Object.assign(store, {opened: null, trail: [], label: -1, meant: null, walked: 0, pass: null, back: null});
  store.view = networkView(byId("network"), store.model, store.net, open, light);
  store.number = numberView(byId("look"), store.model, store.net, {go: open, back: () => {}, point: light, get rate() { return rateNow(); }});
  byId("network").classList.toggle("plane", Boolean(store.model.plane));
  askWhatWasMeant();
  sayHowToRead();
}

function sayHowToRead() {
  const place = byId("reading"), text = (store.model.plane ? WORDS.readingPlane : WORDS.reading) + (store.back ? ` ${WORDS.readingDelta}` : "");
  if (place.textContent !== text) place.textContent = text;
}

/**
 * Show what an input comes to.
 * @param {number[]} x @param {any} given the same for the server @param {string | null} handle where it knows it @param {string[]} [texts]
 */
export function see(x, given, handle, texts) {
  Object.assign(store, {x, given, handle, texts});
  again();
}

/** The same input once more, since θ is another. */
export function again() {
  const {net, model, x} = store;
  if (!x || !net || x.length !== net.layers[0].inputs) return;
  const pass = forward(net, x), said = answersOf(model, pass);
  if (!said.every(Number.isFinite)) { seeNothing(WORDS.noNumber); return; }
  Object.assign(store, {pass, said});
  showAnswer();
  if (!store.opened) {
    const outputs = pass.a[net.layers.length];
    lookAt(net.layers.length, outputs.indexOf(outputs.reduce((p, q) => Math.max(p, q))));
  }
  showNumbers();
}

/** Say why there is no answer. @param {string} why */
export function seeNothing(why) {
  byId("answer").textContent = why;
}

/** @param {number[]} said */
function inWords(said) {
  const names = answerNames(store.model), best = said.indexOf(Math.max(...said));
  return store.model.classes ? `${names[best]} (${percent(said[best])})` : said.map((value, k) => `${names[k]} ${say(value)}`).join(", ");
}

function showAnswer() {
  const {model, said} = store, names = answerNames(model), best = said.indexOf(Math.max(...said));
  /** @param {string} text @param {string | number} value */
  const strong = (text, value) => make("strong", {"data-answer": value, text});
  const parts = model.classes
    ? [SAY.says, strong(names[best], names[best]), make("span", {class: "num", text: percent(said[best])})]
    : said.flatMap((value, k) => [k ? ", " : "", `${names[k]}: `, strong(say(value), value)]);
  byId("answer").replaceChildren(...parts);
  const {other} = store, place = byId("others");
  place.hidden = !other;
  if (!other) return;
  const theirs = answersOf(model, forward(other.net, store.x ?? []));
  place.textContent = SAY.branchSays(other.name, inWords(theirs));
  place.setAttribute("data-other-answer", model.classes ? names[theirs.indexOf(Math.max(...theirs))] : String(theirs[0]));
}

/** All numbers of the screen anew. */
export function showNumbers() {
  const {pass, said, texts, net, meant} = store;
  if (!pass) return;
  store.back = meant && net.loss ? backward(net, pass, meant) : null;
  store.view.show({pass, said, back: store.back, texts});
  store.number.show({pass, back: store.back, texts});
  sayHowToRead();
  showLoss();
  tell("pass");
}

/** Open neuron j of layer l, as a person asks for it. @param {number} l @param {number} j */
export function open(l, j) {
  if (store.opened && (store.opened[0] !== l || store.opened[1] !== j)) store.trail.push(store.opened);
  lookAt(l, j);
  tell("opened", true);
}

/** @param {number} l @param {number} j */
function lookAt(l, j) {
  store.opened = [l, j];
  byId("opened").setAttribute("data-opened", `${l},${j}`);
  store.view.open(l, j);
  store.number.open(l, j, false);
  showCrumbs();
  if (store.back) showLoss();
  tell("opened", false);
}

// The way here: what was opened before, the last few of it.
function showCrumbs() {
  const {trail, model} = store, from = Math.max(0, trail.length - CRUMBS), parts = trail.slice(from).flatMap(([l, j], k) => [
    make("button", {type: "button", class: "link", "data-crumb": from + k, text: nameOf(model, l, j), click: () => goBack(from + k)}), "›"]);
  byId("crumbs").replaceChildren(...parts);
}

/** @param {number} place of the trail */
function goBack(place) {
  const [l, j] = store.trail[place];
  store.trail.length = place;
  lookAt(l, j);
  (byId("crumbs").lastElementChild ?? byId("opened")).focus();
}

// What is pointed at lights up wherever it is shown.
/** @param {number[] | null} node */
function light(node) {
  store.view.light(node);
  store.number.light(node);
  const {image, places} = store.model, input = node && node[0] === 0 ? node[1] : null, spot = byId("paper-spot");
  if (image && spot) showSpot(spot, image, input);
  for (const field of document.querySelectorAll("#row .lit")) field.classList.remove("lit");
  const within = (/** @type {number[]} */ [start, end]) => input !== null && input >= start && input < end;
  if (!image && input !== null) byId(`field-${places ? places.findIndex(within) : input}`)?.classList.add("lit");
}

function askWhatWasMeant() {
  const {model, net} = store, place = byId("meant"), names = answerNames(model);
  place.classList.toggle("short", names.length > 5 && names.every(name => name.length < 3));
  if (!net.loss) byId("loss").textContent = SAY.lossUnknown(model.loss.name);
  else if (!model.classes && names.length > MOST_CHIPS) byId("loss").textContent = WORDS.tooManyTargets;
  else if (!model.classes) names.forEach((name, k) => place.append(make("label", {}, `${name} `,
    make("input", {type: "text", inputmode: "decimal", "data-target": k, input: readTargets}))));
  else if (names.length > MOST_CHIPS) {
    const choice = make("select", {"aria-label": WORDS.meant, change: () => setMeaning(choice.selectedIndex - 1)});
    choice.append(...["", ...names].map(name => make("option", {text: name})));
    place.append(choice);
  } else place.append(...names.map((name, k) => make("button",
    {type: "button", class: "chip", "data-label": name, "aria-pressed": "false", text: name, click: () => setMeaning(store.label === k ? -1 : k)})));
}

/** Take class k as what was meant; −1 for none. @param {number} k */
export function setMeaning(k) {
  const outputs = store.model.layers.at(-1).outputs;
  Object.assign(store, {label: k, walked: 0});
  store.meant = k < 0 ? null : outputs === 1 ? [k] : Array.from({length: outputs}, (_, j) => Number(j === k));
  for (const [j, chip] of document.querySelectorAll("#meant [data-label]").entries()) chip.setAttribute("aria-pressed", String(j === k));
  showNumbers();
}

function readTargets() {
  const fields = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("[data-target]"));
  const {targets} = store.model, given = Array.from(fields, ({value}) => value.trim() === "" ? NaN : Number(value));
  const all = given.length === store.said.length && given.every(Number.isFinite);
  store.meant = all ? given.map((y, k) => targets.length ? (y - targets[k].mean) / targets[k].scale : y) : null;
  showNumbers();
}

function showLoss() {
  const {model, net, pass, back, opened} = store, place = byId("loss"), shown = byId("walk");
  shown.hidden = !back;
  mark(place, "value", back?.loss);
  byId("teach").disabled = !back || !model.classes;
  byId("teach").hidden = !model.classes;
  if (!byId("meant").children.length) return;
  const end = back ? back.delta.findLastIndex((/** @type {Float64Array | undefined} */ one) => !one) : -1;
  place.textContent = back ? SAY.loss(say(back.loss), end < 0 ? "" : SAY.wayEnds(end + 1)) : WORDS.chooseMeant;
  if (!back) return;
  const steps = stepsBack(model, net, pass, back, opened, rateNow()), step = steps[store.walked = Math.min(store.walked, steps.length - 1)];
  byId("walk-place").textContent = SAY.place(store.walked + 1, steps.length);
  byId("walk-why").textContent = step.why;
  shown.setAttribute("data-formula-step", step.step);
  for (const [name, value] of Object.entries({neuron: step.neuron, input: step.input, value: step.value})) mark(shown, name, value);
  writeLines(byId("walk-line"), [[step.name, step.formula, step.numbers, step.value]]);
  byId("walk-back").disabled = store.walked === 0;
  byId("walk-next").disabled = store.walked === steps.length - 1;
}

/** One formula on; the neuron that it speaks of is opened. @param {number} by */
export function walk(by) {
  const {model, net, pass, back, opened} = store, steps = stepsBack(model, net, pass, back, opened, rateNow());
  const step = steps[store.walked = Math.max(0, Math.min(store.walked + by, steps.length - 1))];
  lookAt(step.layer, step.neuron);
  showLoss();
}

/** Draw all again, since the colours or the weights are others. */
export function repaint() {
  store.view?.paint();
  if (store.pass) store.number.paint();
}
