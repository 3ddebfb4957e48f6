// Keeping: an address of the settings, the command line, files, the journal.

import {byId, make} from "../../render/web/dom.js";
import {command, say, trying} from "./doing.js";
import {post} from "./server.js";
import {isPast, store} from "./store.js";
import {SAY, WORDS, group} from "./words.js";

/** What of the settings an address says; never where data are, never who may look at them. */
export const SAID = ["hidden", "activation", "loss", "optimizer", "learning_rate", "schedule", "batch_size", "accumulate", "epochs", "weight_decay", "dropout", "clip_norm", "init", "dtype", "dev", "test", "seed"];
/** What says nothing, where nothing is a choice of its own, and what is left out the usual. @type {Record<string, string>} */
export const NOTHING = {batch_size: "all", clip_norm: "0"};
const KNOWN = /^(mnist|toy:[a-z0-9-]+)$/;

/** Settings and a step as the end of an address. @param {Record<string, any>} settings @param {string} data @param {number} step */
export function toAddress(settings, data, step) {
  const said = new URLSearchParams();
  if (KNOWN.test(data)) said.set("data", data);
  for (const name of SAID) {
    const value = settings[name] === null ? NOTHING[name] : settings[name];
    if (value !== undefined) said.set(name, Array.isArray(value) ? value.join(",") : String(value));
  }
  said.set("step", String(step));
  return said.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

/** What an address asks for: settings for a new network, and a step; null where it asks for nothing. @param {string} text */
export function fromAddress(text) {
  const said = new URLSearchParams(text), /** @type {Record<string, any>} */ asked = {};
  for (const name of SAID) {
    const value = said.get(name);
    if (value === null) continue;
    if (name === "hidden") asked[name] = value === "" ? [] : value.split(",").map(Number);
    else if (name === "activation") asked[name] = value.split(",");
    else asked[name] = value !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
  }
  const data = said.get("data");
  if (data !== null && KNOWN.test(data)) asked.data = data;
  if (!Object.keys(asked).length) return null;
  return {asked, step: Math.max(0, Math.floor(Number(said.get("step")) || 0))};
}

/** The whole address of what is looked at. */
export const addressNow = () => `${location.origin}/#${toAddress(store.state.settings, store.state.data.id, store.step)}`;

/** Where the address asks for another run, offer to make it: nothing is forgotten unasked. */
export function offerRun() {
  const found = fromAddress(location.hash.slice(1));
  if (!found || location.hash.slice(1) === toAddress(store.state.settings, store.state.data.id, store.step)) return;
  say(SAY.offered(Object.entries(found.asked).map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`).slice(0, 5).join(", ")),
    [[SAY.make(found.step), async () => { if (await command("new", found.asked) && found.step) await command("step", {count: found.step}); }], [WORDS.keepIt, () => {}]], true);
}

export const sharePanel = {
  title: WORDS.share,
  /** @param {HTMLElement} place */
  make(place) {
    /** @param {string} name @param {string} text */
    const link = (name, text) => make("li", {}, make("a", {class: "button wide", href: `/download/${name}`, download: "", text}));
    place.append(make("h3", {text: WORDS.save}), make("ul", {class: "plain", id: "downloads"}, link("model.safetensors", WORDS.saveModel), link("page.html", WORDS.savePage), link("report.html", WORDS.saveReport), make("li", {class: "note", id: "report-why"}), link("journal.json", WORDS.saveJournal)),
      make("button", {type: "button", class: "button wide", id: "save", text: WORDS.checkpoint, click: async () => { const done = await command("save"); if (done) say(SAY.saved(done.file)); }}),
      make("h3", {}, make("label", {for: "address", text: WORDS.address})), make("div", {class: "buttons"}, make("input", {id: "address", type: "text", readonly: true}), make("button", {type: "button", class: "button", id: "copy", text: WORDS.copy, click: copy})), make("p", {class: "note", text: WORDS.addressNote}),
      make("h3", {text: WORDS.command}), make("code", {class: "command", id: "command"}), make("h3", {text: WORDS.journal}), make("ol", {class: "plain", id: "journal"}),
      make("button", {type: "button", class: "button", id: "end", text: WORDS.endStudio, click: () => trying(() => post("/end", {}))}));
    sharePanel.state();
  },
  state() {
    const {run, journal, branches} = store.state, report = document.querySelector("[href='/download/report.html']")?.parentElement;
    byId("address").value = addressNow();
    byId("command").textContent = run.command ?? run.command_why;
    const isDone = !isPast() && branches.some((/** @type {any} */ one) => one.active && one.state === "finished");
    if (report) report.hidden = !isDone;
    byId("report-why").hidden = isDone;
    byId("report-why").textContent = isPast() ? WORDS.reportPast : WORDS.reportSoon;
    byId("save").hidden = run.folder === null;
    byId("journal").replaceChildren(...journal.length ? journal.map((/** @type {any} */ one) => make("li", {}, `${group(one.step)}: `, one.undone ? make("s", {text: one.text}) : one.text)) : [make("li", {class: "note", text: WORDS.noJournal})]);
  },
  theta() { byId("address").value = addressNow(); },
};

async function copy() {
  byId("address").select();
  await navigator.clipboard?.writeText(byId("address").value).catch(() => {});
  say(WORDS.copied);
}
