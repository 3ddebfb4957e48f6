// Branches: a second course from a step, with one knob turned; two curves, and two answers to one input.

import {byId, make} from "../../render/web/dom.js";
import {layersOf} from "../../render/web/pass.js";
import {DASHES} from "./curve.js";
import {command, say, trying} from "./doing.js";
import {again} from "./seeing.js";
import {frame, pour} from "./server.js";
import {store, when} from "./store.js";
import {fieldOf, nameOfKnob, readKnob} from "./training_panel.js";
import {SAY, WORDS} from "./words.js";

let made = "";

export const branchesPanel = {
  title: WORDS.branches,
  /** @param {HTMLElement} place */
  make(place) {
    made = "";
    const knobs = store.state.knobs.filter((/** @type {any} */ one) => one.kind !== "data"), which = make("select", {id: "branch-knob"}), value = make("span", {id: "branch-value-place"});
    which.append(new Option(WORDS.nothing, ""), ...knobs.map((/** @type {any} */ one) => new Option(nameOfKnob(one.name), one.name)));
    const show = () => {
      const knob = knobs.find((/** @type {any} */ one) => one.name === which.value);
      const field = knob ? fieldOf(knob, "branch-value") : make("input", {id: "branch-value", type: "text", disabled: true});
      value.replaceChildren(field);
    };
    which.addEventListener("change", show);
    place.append(make("p", {class: "note", text: WORDS.branchNote}), make("div", {id: "branches"}), make("h3", {text: WORDS.branchHere}),
      make("div", {class: "fields"}, make("label", {for: "branch-name", text: WORDS.name}), make("input", {id: "branch-name", type: "text"}), make("label", {for: "branch-knob", text: WORDS.knob}), which,
        make("label", {for: "branch-value", text: WORDS.value}), value),
      make("button", {type: "button", class: "button main", id: "branch", click: () => branch(knobs)}));
    show();
    branchesPanel.state();
  },
  state() {
    const {branches, run, left_out: out} = store.state, text = JSON.stringify([branches, store.other?.id, out]);
    byId("branch").textContent = `${WORDS.branchHere} (${SAY.at(run.step)})`;
    byId("branch").disabled = branches.length >= 4;
    if (text === made) return;
    const focused = document.activeElement?.getAttribute("data-do");
    made = text;
    byId("branches").replaceChildren(...branches.map(card), ...out.map((/** @type {string} */ why) => make("p", {class: "note", "data-left-out": "", text: why})));
    if (focused) /** @type {HTMLElement | null} */ (document.querySelector(`[data-do="${focused}"]`) ?? byId("panel-title"))?.focus();
  },
};

/** @param {any[]} knobs */
async function branch(knobs) {
  const name = byId("branch-knob").value, knob = knobs.find(one => one.name === name), value = knob && readKnob(knob, byId("branch-value").value);
  if (value === undefined && knob) return;
  const called = byId("branch-name").value.trim() || (knob ? `${nameOfKnob(name)} ${value}` : WORDS.nothing);
  if (await command("branch", {step: store.state.run.step, name: called, ...knob ? {knob: name, value} : {}})) byId("branch-name").value = "";
}

/** @param {any} one @param {number} k */
function card(one, k) {
  const sample = make("canvas", {width: 48, height: 8, "aria-hidden": "true"}), pen = sample.getContext("2d");
  pen.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--ink");
  pen.lineWidth = 2;
  pen.setLineDash(DASHES[k % DASHES.length]);
  pen.beginPath(); pen.moveTo(0, 4); pen.lineTo(48, 4); pen.stroke();
  /** @param {string} what @param {string} text @param {() => void} click */
  const button = (what, text, click) => make("button", {type: "button", class: "button small", "data-do": `${what} ${one.id}`, text, click});
  const buttons = one.active ? [] : [button("choose", WORDS.goOn, () => { compareWith(null); command("choose", {branch: one.id}); }),
    button("compare", store.other?.id === one.id ? WORDS.compareStop : WORDS.compare, () => compareWith(store.other?.id === one.id ? null : one.id)), button("drop", WORDS.drop, () => { if (store.other?.id === one.id) compareWith(null); command("drop", {branch: one.id}); })];
  return make("div", {class: `card${one.active ? " on" : ""}`, "data-branch": one.id}, make("h3", {}, sample, ` ${one.name}`),
    make("p", {class: "note", text: [one.from ? SAY.from(one.from.step, nameOf(one.from.branch)) : "", one.changed, SAY.at(one.step), one.active ? WORDS.inTime : one.state].filter(Boolean).join(" · ")}), make("div", {class: "buttons"}, ...buttons));
}

/** @param {string} id */
const nameOf = id => store.state.branches.find((/** @type {any} */ one) => one.id === id)?.name ?? id;

/** Let another branch answer the same input, too. @param {string | null} id */
export async function compareWith(id) {
  const found = id === null ? null : await trying(() => frame(`branch=${id}&theta=1`));
  store.other = null;
  if (found && id) {
    const {layers, activations, slopes, loss} = store.net, sizes = layers.map((/** @type {any} */ {inputs, outputs}) => ({inputs, outputs}));
    const own = layersOf(sizes, new Float64Array(found.blocks.theta.length));
    pour(own, found.blocks.theta);
    store.other = {id, name: nameOf(id), net: {layers: own, activations, slopes, loss}};
  }
  again();
  if (byId("branches")) branchesPanel.state();
}

when("state", before => {
  const out = store.state.left_out.join(" ");
  if (out && out !== before?.left_out.join(" ")) say(out, [[WORDS.ok, () => {}]], true);
});
when("state", () => { if (store.other && !store.state.branches.some((/** @type {any} */ one) => one.id === store.other.id && !one.active)) compareWith(null); });
