// What if: change, freeze or switch off a weight, a bias, a neuron, an input; undo and redo; and what that does to the accuracy.

import {byId, make} from "../../render/web/dom.js";
import {nameOf} from "../../render/web/names.js";
import {percent, say as inDigits, short} from "../../render/web/numbers.js";
import {weightsOf} from "../../render/web/pass.js";
import {command, say} from "./doing.js";
import {get} from "./server.js";
import {isPast, store, when} from "./store.js";
import {SAY, WORDS, group} from "./words.js";

const OFFERED = 40, REST = 700, ON_THETA = ["edit", "freeze", "off", "free", "teach"];

/** @typedef {{what: string, layer: number, neuron?: number, input?: number}} Chosen */

let asked = 0, clock = 0, scored = false;

/** Make the part of the opened zone. */
export function startWhatIf() {
  const which = make("select", {id: "what", change: showValue}), value = make("input", {id: "what-value", type: "text", inputmode: "decimal"});
  /** @param {string} id @param {string} text @param {() => void} click */
  const button = (id, text, click) => make("button", {type: "button", class: "button small", id, text, click});
  byId("what-if").append(make("h3", {text: WORDS.whatIf}),
    make("div", {class: "fields"}, make("label", {for: "what", text: WORDS.which}), which, make("label", {for: "what-value", text: WORDS.value}), value),
    make("div", {class: "buttons"}, button("off", WORDS.off, () => hold("off")), button("freeze", WORDS.freeze, () => hold("freeze")), button("free", WORDS.free, () => hold("free"))),
    make("div", {class: "buttons"}, button("undo-edit", WORDS.undo, () => edited(command("undo"))), button("redo-edit", WORDS.redo, () => edited(command("redo")))),
    make("p", {id: "score", class: "note", role: "status", text: WORDS.noEdits}), make("ul", {id: "held", class: "plain"}));
  value.addEventListener("change", () => {
    const chosen = choice(), number = Number(value.value.replace("−", "-"));
    if (value.value.trim() === "" || !Number.isFinite(number)) {
      if (value.value.trim()) say(SAY.notANumber(value.value.trim().slice(0, 40)));
      showValue(true);
      return;
    }
    edited(command("edit", {...placeOf(chosen), value: number}));
  });
  value.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => { if (event.key === "Escape") { showValue(true); event.stopPropagation(); } });
  when("opened", () => { offer(); showHeld(); });
  when("theta", showValue);
  when("state", showHeld);
}

/** What can be chosen of the opened number: its bias, itself, its weights by size of w · a. */
function offer() {
  const which = byId("what"), {opened, model, net, pass} = store;
  if (!opened || !pass) return;
  const [l, j] = opened;
  if (!l) { which.replaceChildren(option({what: "input", layer: 0, input: j}, nameOf(model, 0, j))); showValue(); return; }
  const w = weightsOf(net.layers[l - 1], j), x = pass.a[l - 1];
  const order = Array.from(w.keys()).sort((p, q) => Math.abs(w[q] * x[q]) - Math.abs(w[p] * x[p])).slice(0, OFFERED);
  which.replaceChildren(option({what: "bias", layer: l, neuron: j}, WORDS.bias), option({what: "neuron", layer: l, neuron: j}, WORDS.neuron),
    ...order.map(i => option({what: "weight", layer: l, neuron: j, input: i}, `w: ${nameOf(model, l - 1, i)}`)),
    ...l === 1 ? order.map(i => option({what: "input", layer: 0, input: i}, nameOf(model, 0, i))) : [],
    option({what: "biases", layer: l}, WORDS.layerBiases));
  showValue();
}

/** @param {Chosen} chosen @param {string} text */
const option = (chosen, text) => make("option", {value: JSON.stringify(chosen), text});

/** @returns {Chosen} */
const choice = () => JSON.parse(byId("what").value || '{"what": "", "layer": 0}');

/** As the server says it. @param {Chosen} chosen */
function placeOf({what, layer, neuron, input}) {
  return {layer, ...neuron === undefined ? {} : {neuron}, ...input === undefined ? {} : {input}, ...what === "bias" ? {bias: true} : what === "biases" ? {biases: true} : {}};
}

/** @param {any} one of `held` @param {Chosen} chosen */
const isOf = (one, chosen) => one.what === chosen.what && one.layer === chosen.layer && (chosen.neuron === undefined || one.neuron === chosen.neuron) && (chosen.input === undefined || one.input === chosen.input);

/** @param {any} [anew] also where it is being typed in */
function showValue(anew) {
  const chosen = choice(), field = byId("what-value"), {net} = store;
  if (!net || !chosen.what) return;
  const numbered = chosen.what === "bias" || chosen.what === "weight", layer = net.layers[chosen.layer - 1];
  const number = chosen.what === "bias" ? layer?.b[chosen.neuron ?? 0] : numbered ? layer && weightsOf(layer, chosen.neuron ?? 0)[chosen.input ?? 0] : NaN;
  if (number === undefined) return; // of the network that was
  field.disabled = !numbered;
  const isTyped = document.activeElement === field && field.value !== field.dataset.shown; // θ comes after the answer to an edit
  if (anew === true || !isTyped) field.value = field.dataset.shown = numbered ? inDigits(number) : "";
  field.dataset.number = String(number);
  const held = (store.state?.held ?? []).find((/** @type {any} */ one) => isOf(one, chosen));
  byId("free").disabled = !held;
  byId("off").disabled = held?.how === "off";
  byId("freeze").disabled = held?.how === "frozen" || chosen.what === "input";
}

/** @param {string} how */
const hold = how => edited(command(how, placeOf(choice())));

/** After an edit, its score: on a thousand samples at once, on all when it rests. @param {Promise<any>} done */
export async function edited(done) {
  const own = ++asked;
  clearTimeout(clock);
  if (!await done || own !== asked) return;
  showValue(true);
  await score(1000, own);
  clock = window.setTimeout(() => score(0, own), REST);
}

/** @param {number} limit @param {number} own */
async function score(limit, own) {
  const found = await get(`/score?limit=${limit}`).catch(() => null);
  if (!found || own !== asked) return;
  const isClasses = found.accuracy !== undefined, name = isClasses ? "accuracy" : "R²", now = isClasses ? found.accuracy : found.r2;
  const place = byId("score"), before = found.original ? isClasses ? found.original.accuracy : found.original.r2 : now;
  const text = (/** @type {number} */ value) => isClasses ? percent(value) : short(value);
  place.dataset.now = String(now);
  place.dataset.before = String(before);
  place.dataset.samples = String(found.samples);
  scored = store.state.undo !== null;
  place.textContent = found.original ? SAY.score(group(found.samples), name, text(before), text(now))
    : store.state.undo === null ? withoutEdits() : SAY.scoreNow(group(found.samples), name, text(now));
}

/** What stands where no change could be undone here. */
const withoutEdits = () => isPast() && store.state.journal.some((/** @type {any} */ one) => one.step <= store.state.run.step && ON_THETA.includes(one.kind)) ? WORDS.changedOnTheWay : WORDS.noEdits;

function showHeld() {
  const {held, undo, redo} = store.state;
  if (!store.model) return; // names come with it
  byId("undo-edit").disabled = undo === null;
  byId("redo-edit").disabled = redo === null;
  if (undo === null) { scored = false; byId("score").textContent = withoutEdits(); } else if (!scored) { scored = true; score(1000, asked); }
  byId("held").replaceChildren(...held.map((/** @type {any} */ one) => make("li", {text: `${one.how}: ${nameOfHeld(one)}`})));
  showValue();
}

/** @param {any} one */
function nameOfHeld({what, layer, neuron, input}) {
  const {model} = store;
  if (what === "input") return nameOf(model, 0, input);
  if (what === "biases") return `${WORDS.layerBiases} (${layer})`;
  const name = nameOf(model, layer, neuron);
  return what === "weight" ? `w ${nameOf(model, layer - 1, input)} → ${name}` : what === "bias" ? `b, ${name}` : name;
}
