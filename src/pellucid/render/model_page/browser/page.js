// The page: an input goes through the network, and its three zones say what came of it.

import {backward} from "../../web/backward.js";
import {byId, make, mark, visible} from "../../web/dom.js";
import {answerNames, answersOf} from "../../web/names.js";
import {networkView} from "../../web/network_view.js";
import {numberView, showSpot, writeLines} from "../../web/number_view.js";
import {percent, say} from "../../web/numbers.js";
import {forward, layersOf, numbersOf} from "../../web/pass.js";
import {stepsBack} from "../../web/walk.js";

const RATE = 0.1, MOST_CHIPS = 20;

/** What the page holds: the model, its network, what is shown of it, and what it came to. @type {any} */
export const page = {opened: null, trail: [], meant: null, step: 0};

/** What boot.js has unpacked. @returns {{model: any, parameters: Uint8Array, pixels: Uint8Array}} */
export const carried = () => Object(window).packed;

/** Take the model that the page carries, and make what shows it. */
export function startPage() {
  const {model, parameters} = carried();
  page.model = model;
  model.classes &&= model.classes.map(visible);
  model.features = model.features.map(visible);
  for (const one of [...model.targets, ...model.columns ?? []]) one.name = visible(one.name);
  const theta = numbersOf(parameters, model.dtype);
  // @ts-ignore: FUNCTIONS stands before this script, written from the formulas of the model
  page.net = {layers: layersOf(model.layers, theta), ...FUNCTIONS};
  page.view = networkView(byId("network"), model, page.net, (l, j) => open(l, j), light);
  page.number = numberView(byId("look"), model, page.net, {go: open, back: goBack, point: light, rate: RATE});
  askWhatWasMeant();
  byId("walk-back").addEventListener("click", () => walk(-1));
  byId("walk-next").addEventListener("click", () => walk(1));
  byId("sheet").addEventListener("click", () => showSheet(byId("opened").classList.contains("folded")));
  byId("theme").addEventListener("click", changeTheme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
}

/**
 * Show what an input comes to.
 * @param {number[]} x @param {string[]} [texts] what stands in the fields of a form
 */
export function see(x, texts) {
  const pass = forward(page.net, x), said = answersOf(page.model, pass);
  if (!staysFinite(pass) || !said.every(Number.isFinite)) {
    seeNothing("The answer is no number, since a value is far too large.");
    return;
  }
  Object.assign(page, {pass, said, texts});
  document.body.classList.remove("waiting");
  for (const id of ["network-zone", "opened"]) byId(id).hidden = false;
  showAnswer();
  if (!page.opened) {
    const outputs = pass.a[page.net.layers.length];
    look(page.net.layers.length, outputs.indexOf(outputs.reduce((p, q) => Math.max(p, q))));
    page.view.paint();
  }
  showNumbers();
}

/** Say why there are no numbers; those of an earlier input go. @param {string} why */
export function seeNothing(why) {
  document.body.classList.remove("waiting");
  for (const id of ["network-zone", "opened"]) byId(id).hidden = true;
  byId("answer").textContent = why;
  tellAll(null);
}

// What can be read of the page from outside: every number of it.
/** @param {any} numbers */
function tellAll(numbers) {
  Object.assign(window, {pellucid: numbers});
}

// Whether a pass stays among the numbers that pellucid computes with, so that what it comes to is the same.
/** @param {import("../../web/pass.js").Pass} pass */
function staysFinite(pass) {
  const held = (/** @type {number} */ value) => Number.isFinite(page.model.dtype === "float32" ? Math.fround(value) : value);
  return pass.a[0].every(held) && (page.model.targets.length || pass.z.every(z => z.every(held)));
}

function showAnswer() {
  const {model, said} = page, names = answerNames(model), best = said.indexOf(Math.max(...said));
  /** @param {string} text @param {string | number} value */
  const strong = (text, value) => make("strong", {"data-answer": value, text});
  const parts = model.classes
    ? ["It says ", strong(names[best], names[best]), make("span", {class: "num", text: percent(said[best])})]
    : said.flatMap((/** @type {number} */ value, /** @type {number} */ k) => [k ? ", " : "", `${names[k]}: `, strong(say(value), value)]);
  byId("answer").replaceChildren(...parts);
}

function showNumbers() {
  const {pass, said, texts, net, meant} = page;
  page.back = meant && net.loss ? backward(net, pass, meant) : null;
  page.view.show({pass, said, back: page.back, texts});
  page.number.show({pass, back: page.back, texts});
  showLoss();
  const plain = (/** @type {Float64Array[]} */ arrays) => arrays.map(one => Array.from(one)), {back} = page;
  tellAll({inputs: Array.from(pass.a[0]), outputs: said, z: plain(pass.z), a: plain(pass.a),
    back: back && {loss: back.loss, delta: plain(back.delta)}});
}

/** Open neuron j of layer l, as a person asks for it. @param {number} l @param {number} j */
function open(l, j) {
  if (page.opened[0] !== l || page.opened[1] !== j) page.trail.push(page.opened);
  look(l, j);
  showSheet(true);
}

/** @param {number} l @param {number} j */
function look(l, j) {
  page.opened = [l, j];
  byId("opened").setAttribute("data-opened", `${l},${j}`);
  byId("opened").scrollTop = 0;
  page.view.open(l, j);
  page.number.open(l, j, page.trail.length > 0);
  if (page.back) showLoss();
}

function goBack() {
  const before = page.trail.pop();
  if (before) look(before[0], before[1]);
  if (!page.trail.length) byId("opened").focus();
}

// What is pointed at lights up wherever it is shown.
/** @param {number[] | null} node */
function light(node) {
  page.view.light(node);
  page.number.light(node);
  const {image, places} = page.model, input = node && node[0] === 0 ? node[1] : null;
  if (image) showSpot(byId("seen-spot"), image, input);
  for (const field of document.querySelectorAll("#row .lit")) field.classList.remove("lit");
  const within = (/** @type {number[]} */ [start, end]) => input !== null && input >= start && input < end;
  if (!image && input !== null) byId(`field-${places ? places.findIndex(within) : input}`)?.classList.add("lit");
}

function askWhatWasMeant() {
  const {model, net} = page, place = byId("meant"), names = answerNames(model);
  place.classList.toggle("short", names.every(name => name.length < 3));
  if (!net.loss) byId("loss").textContent = `The loss ${model.loss.name} has no formula that a page can compute with.`;
  else if (!model.classes && names.length > MOST_CHIPS) byId("loss").textContent = "Too many values to type: pellucid explain knows their loss.";
  else if (!model.classes) names.forEach((name, k) => place.append(make("label", {}, `${name} `,
    make("input", {type: "text", inputmode: "decimal", "data-target": k, input: readTargets}))));
  else if (names.length > MOST_CHIPS) {
    const choice = make("select", {"aria-label": "What was meant", change: () => setMeaning(choice.selectedIndex - 1)});
    choice.append(...["", ...names].map(name => make("option", {text: name})));
    place.append(choice);
  } else place.append(...names.map((name, k) => make("button",
    {type: "button", class: "chip", "data-label": name, "aria-pressed": "false", text: name, click: () => setMeaning(page.label === k ? -1 : k)})));
}

/** Take class k as what was meant; −1 for none. @param {number} k */
export function setMeaning(k) {
  const outputs = page.model.layers.at(-1).outputs;
  page.label = k;
  page.step = 0;
  setTargets(k < 0 ? null : outputs === 1 ? [k] : Array.from({length: outputs}, (_, j) => Number(j === k)));
  for (const [j, chip] of document.querySelectorAll("[data-label]").entries()) chip.setAttribute("aria-pressed", String(j === k));
}

function readTargets() {
  /** @type {NodeListOf<HTMLInputElement>} */
  const fields = document.querySelectorAll("[data-target]");
  const {targets} = page.model, given = Array.from(fields, ({value}) => value.trim() === "" ? NaN : Number(value));
  const all = given.length === page.said.length && given.every(Number.isFinite);
  setTargets(all ? given.map((y, k) => targets.length ? (y - targets[k].mean) / targets[k].scale : y) : null);
}

/** @param {number[] | null} meant */
function setTargets(meant) {
  page.meant = meant;
  if (page.pass) showNumbers();
}

function showLoss() {
  const {model, net, pass, back, opened} = page, place = byId("loss"), shown = byId("walk");
  shown.hidden = !back;
  mark(place, "loss", back?.loss);
  if (!byId("meant").children.length) return;
  // the layer whose slope is not known
  const end = back ? back.delta.findLastIndex((/** @type {Float64Array | undefined} */ one) => !one) : -1;
  const missing = end < 0 ? "" : `. The way back ends above layer ${end + 1}: its slope has no formula that a page can compute with.`;
  place.textContent = back ? `Loss L = ${say(back.loss)}${missing}` : "Choose it, and the loss and the way back appear.";
  if (!back) return;
  const steps = stepsBack(model, net, pass, back, opened, RATE), step = steps[page.step = Math.min(page.step, steps.length - 1)];
  byId("walk-place").textContent = `${page.step + 1} of ${steps.length}`;
  byId("walk-why").textContent = step.why;
  shown.setAttribute("data-step", step.step);
  for (const [name, value] of Object.entries({neuron: step.neuron, input: step.input, value: step.value})) mark(shown, name, value);
  writeLines(byId("walk-line"), [[step.name, step.formula, step.numbers, step.value]]);
  byId("walk-back").disabled = page.step === 0;
  byId("walk-next").disabled = page.step === steps.length - 1;
}

// One formula on; the neuron that it speaks of is opened.
/** @param {number} by */
function walk(by) {
  const {model, net, pass, back, opened} = page, steps = stepsBack(model, net, pass, back, opened, RATE);
  const step = steps[page.step = Math.max(0, Math.min(page.step + by, steps.length - 1))];
  look(step.layer, step.neuron);
  showLoss();
}

/** @param {boolean} whole */
function showSheet(whole) {
  byId("opened").classList.toggle("folded", !whole);
  byId("sheet").setAttribute("aria-expanded", String(whole));
  byId("sheet").textContent = whole ? "Hide" : "Show";
}

function changeTheme() {
  const root = document.documentElement, dark = getComputedStyle(root).colorScheme === "dark";
  root.dataset.theme = dark ? "light" : "dark";
  repaint();
}

function repaint() {
  page.view.paint();
  page.number.paint();
}
