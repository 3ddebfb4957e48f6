// Knobs, what was found, how large the gradient is, and a new network.

import {byId, make, mark} from "../../render/web/dom.js";
import {percent, say as inDigits, short} from "../../render/web/numbers.js";
import {command, say} from "./doing.js";
import {frame} from "./server.js";
import {NOTHING, SAID} from "./share_panel.js";
import {isPast, store} from "./store.js";
import {SAY, WORDS, group} from "./words.js";

const REST = 600, MOST_ROWS = 12;
let probed = -1, due = 0, busy = false;
/** @type {string} what the cards were made of */
let findings = "";

/** @param {string} name */
export const nameOfKnob = name => name.replaceAll("_", " ");
/** @param {any} value */
export const textOfKnob = value => value === null || value === undefined ? "" : typeof value === "number" ? inDigits(value).replace("−", "-") : String(value);

/** The number, choice or nothing that a field says; undefined where it says none. @param {any} knob @param {string} text */
export function readKnob({kind}, text) {
  if (kind === "choice" || kind === "data") return text;
  if (text.trim() === "") return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** A field of a knob. @param {any} knob @param {string} id */
export function fieldOf(knob, id) {
  const choices = knob.kind === "choice" ? knob.choices.map((/** @type {string} */ one) => [one, one])
    : knob.kind === "data" ? [[store.state.data.id, store.state.data.name]] : null;
  if (!choices) return make("input", {id, type: "text", inputmode: "decimal", value: textOfKnob(knob.value), placeholder: knob.kind.includes("none") ? "none" : "auto"});
  const select = make("select", {id});
  select.append(...choices.map((/** @type {string[]} */ [value, text]) => new Option(text, value)));
  select.value = textOfKnob(knob.value);
  return select;
}

export const trainingPanel = {
  title: WORDS.training,
  /** @param {HTMLElement} place */
  make(place) {
    probed = -1;
    findings = "-";
    const knobs = store.state.knobs.filter((/** @type {any} */ one) => one.kind !== "data");
    const fields = make("div", {class: "fields", id: "knobs"});
    for (const knob of knobs) {
      const field = fieldOf(knob, `knob-${knob.name}`), button = make("button", {type: "button", class: "button", disabled: true, "data-set": knob.name, click: () => turn(knob.name)});
      const changed = () => { button.disabled = field.value === textOfKnob(find(knob.name).value); };
      field.addEventListener("input", changed);
      field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter" && !button.disabled) turn(knob.name); });
      fields.append(make("label", {for: field.id}, nameOfKnob(knob.name), make("small", {"data-acts": knob.name, text: SAY.acts(knob.acts)})), make("div", {class: "pair"}, field, button));
    }
    place.append(make("div", {id: "findings"}), make("h3", {text: WORDS.knobs}), make("p", {class: "note", id: "past", text: WORDS.past, hidden: true}), fields,
      make("h3", {text: WORDS.health}), make("table", {id: "health"}, make("thead", {}, make("tr", {}, ...[WORDS.layerHead, WORDS.gradientHead, "", WORDS.deadHead].map((text, k) => k === 2 ? make("td") : make("th", {scope: "col", text})))), make("tbody")),
      make("p", {class: "note", text: WORDS.healthNote}), make("h3", {text: WORDS.epochs}), make("table", {id: "epochs"}), make("p", {class: "note", text: WORDS.epochsNote}), beginAnew());
    trainingPanel.state();
    trainingPanel.history();
    probe();
  },
  state() {
    byId("past").hidden = !isPast();
    for (const knob of store.state.knobs) {
      const field = byId(`knob-${knob.name}`), button = /** @type {HTMLButtonElement | null} */ (document.querySelector(`[data-set=${knob.name}]`));
      if (!field || !button) continue;
      button.textContent = isPast() ? WORDS.branchWith : WORDS.set;
      if (button.disabled && document.activeElement !== field) field.value = textOfKnob(knob.value);
      /** @type {any} */ (document.querySelector(`[data-acts=${knob.name}]`)).textContent = knob.pending === null ? SAY.acts(knob.acts) : SAY.pending(textOfKnob(knob.pending));
    }
    showFindings();
  },
  theta() { probe(); },
  history() {
    const {epochs = []} = store.courses[store.state.run.branch] ?? {}, values = store.state.model.kind === "values";
    const shown = epochs.slice(-MOST_ROWS), text = JSON.stringify(shown), place = byId("epochs");
    if (place.dataset.shown === text) return;
    place.dataset.shown = text;
    const cell = (/** @type {number | null} */ value, /** @type {boolean} */ share) => make("td", {class: "n", text: value === null ? "–" : share ? percent(value) : short(value)});
    place.replaceChildren(make("thead", {}, make("tr", {}, ...[WORDS.epoch, WORDS.trainLoss, WORDS.devLoss, values ? "R²" : WORDS.devAccuracy].map((text, k) => make("th", {scope: "col", class: k ? "n" : "", text})))),
      make("tbody", {}, ...shown.map((/** @type {any} */ one) => make("tr", {}, make("th", {scope: "row", text: String(one.epoch)}), cell(one.train_loss, false), cell(one.dev_loss, false), cell(values ? one.dev_r2 : one.dev_accuracy, !values)))));
  },
};

/** @param {string} name */
const find = name => store.state.knobs.find((/** @type {any} */ one) => one.name === name);

/** @param {string} name */
async function turn(name) {
  const knob = find(name), value = readKnob(knob, byId(`knob-${name}`).value), button = /** @type {any} */ (document.querySelector(`[data-set=${name}]`));
  if (value === undefined) { say(`${nameOfKnob(name)}: give a number.`); return; }
  const done = isPast() ? await command("branch", {step: store.state.run.step, name: `${nameOfKnob(name)} ${textOfKnob(value)}`, knob: name, value}) : await command("knob", {name, value});
  if (done) { button.disabled = true; trainingPanel.state(); }
}

function showFindings() {
  const {findings: found, run} = store.state, text = JSON.stringify([found, run.fault, run.step, run.first]);
  if (text === findings) return;
  findings = text;
  const cards = [];
  if (run.fault) cards.push(make("div", {class: "card", "data-fault": run.fault.step}, make("h3", {text: WORDS.findings}), make("p", {text: SAY.fault(run.fault)}),
    make("div", {class: "buttons"}, make("button", {type: "button", class: "button small", text: SAY.good(run.fault.good), click: () => command("back", {step: run.fault.good})}))));
  for (const one of found) {
    const first = run.first ?? 0, steps = run.fault || run.step === first || one.knob === "epochs" || one.lasting ? [first] : [first, run.step];
    const buttons = one.anew ? [offerAnew(one.anew)] : one.knob ? steps.map(step => make("button", {type: "button", class: "button small", "data-remedy": one.knob,
      text: SAY.branchFrom(group(step), nameOfKnob(one.knob), textOfKnob(one.value)), click: () => command("branch", {step, name: `${nameOfKnob(one.knob)} ${textOfKnob(one.value)}`, knob: one.knob, value: one.value})})) : [];
    cards.push(make("div", {class: "card", "data-finding": one.fault}, make("h3", {text: one.layer && !one.fault.includes(`layer ${one.layer}`) ? `${one.fault}, layer ${one.layer}` : one.fault}), make("p", {text: one.evidence}), make("p", {class: "note", text: one.remedy}), make("div", {class: "buttons"}, ...buttons)));
  }
  byId("findings").replaceChildren(...cards.length ? cards : [make("p", {class: "note", text: WORDS.nothingFound})]);
}

/** What no branch can be, since the network would be another one, is begun anew, when it was asked for twice. @param {Record<string, string>} anew */
function offerAnew(anew) {
  const text = Object.entries(anew).map(([name, value]) => `${nameOfKnob(name)} ${value}`).join(", "), {settings, data} = store.state;
  const asked = Object.fromEntries(SAID.map(name => [name, settings[name] ?? NOTHING[name]]));
  const usual = anew.optimizer ? {learning_rate: null, weight_decay: null} : {}; // they are the other optimiser's
  const begun = {...asked, ...usual, data: data.id, target: settings.target, ...anew, ...anew.activation ? {activation: [anew.activation]} : {}};
  return make("button", {type: "button", class: "button small", "data-remedy": Object.keys(anew).join(), text: SAY.anew(text),
    click: () => say(WORDS.forgetNote, [[WORDS.forgetSure, () => command("new", begun)], [WORDS.keepIt, () => {}]], true)});
}

// The gradient and dead neurons, at most twice a second and one at a time.
async function probe() {
  if (busy || store.version === probed || performance.now() < due || !byId("health")) return;
  busy = true;
  const found = await frame("probe=1").catch(() => null);
  busy = false;
  due = performance.now() + REST;
  const body = byId("health")?.tBodies[0];
  if (!found || !body) return;
  probed = found.head.version;
  const sizes = Array.from(found.blocks.gradient), most = Math.max(...sizes, 1e-30);
  while (body.rows.length < sizes.length) body.append(make("tr", {}, make("th", {scope: "row"}), make("td", {class: "n"}), make("td", {}, make("span", {class: "bar"}, make("i"))), make("td", {class: "n"})));
  sizes.forEach((size, l) => {
    const row = body.rows[l], dead = found.blocks[`dead/${l + 1}`];
    mark(row, "gradient", size);
    row.cells[0].textContent = String(l + 1);
    row.cells[1].textContent = short(size);
    row.cells[2].querySelector("i").style.setProperty("--t", String(size / most));
    row.cells[3].textContent = dead ? SAY.dead(dead.reduce((/** @type {number} */ p, /** @type {number} */ q) => p + q, 0), dead.length) : "–";
  });
  if (store.version !== probed) window.setTimeout(probe, REST);
}

function beginAnew() {
  const {settings, choices} = store.state, fields = make("div", {class: "fields"});
  /** @param {string} name @param {string} text @param {string} value */
  const field = (name, text, value) => fields.append(make("label", {for: `new-${name}`, text}), make("input", {id: `new-${name}`, type: "text", value}));
  /** @param {string} name @param {string} text @param {string} value */
  const choice = (name, text, value) => {
    const select = make("select", {id: `new-${name}`});
    select.append(...choices[name].map((/** @type {string} */ one) => new Option(one, one)));
    select.value = value;
    fields.append(make("label", {for: select.id, text}), select);
  };
  field("hidden", WORDS.hidden, settings.hidden.join(","));
  choice("activation", WORDS.activation, settings.activation[0]);
  choice("optimizer", WORDS.optimizer, settings.optimizer);
  field("learning_rate", WORDS.rate, textOfKnob(settings.learning_rate));
  field("batch_size", WORDS.batch, textOfKnob(settings.batch_size));
  field("seed", WORDS.seed, String(settings.seed));
  const sure = make("div", {class: "buttons", hidden: true}, make("button", {type: "button", class: "button main", id: "forget-sure", text: WORDS.forgetSure, click: begin}),
    make("button", {type: "button", class: "button", text: WORDS.keepIt, id: "keep-it", click: () => { sure.hidden = true; forget.hidden = false; forget.focus(); }}));
  const forget = make("button", {type: "button", class: "button", id: "forget", text: WORDS.forget, click: () => { sure.hidden = false; forget.hidden = true; byId("forget-sure").focus(); }});
  const whole = make("details", {id: "anew"}, make("summary", {text: WORDS.begin}), fields, make("p", {class: "note", text: WORDS.forgetNote}),
    forget, sure);
  whole.addEventListener("toggle", () => { if (whole.open) whole.scrollIntoView({block: "start"}); });
  return whole;
}

async function begin() {
  const text = (/** @type {string} */ name) => byId(`new-${name}`).value.trim(), number = (/** @type {string} */ name) => text(name) === "" ? null : Number(text(name));
  const hidden = text("hidden") === "" ? [] : text("hidden").split(/[\s,]+/).map(Number), {settings, data} = store.state;
  const asked = {activation: [text("activation")], optimizer: text("optimizer"), learning_rate: number("learning_rate"), batch_size: number("batch_size"), seed: number("seed")};
  if (await command("new", {data: data.id, target: settings.target, hidden, ...asked, ...store.state.settings.epochs ? {epochs: settings.epochs} : {}})) byId("forget")?.focus();
}
