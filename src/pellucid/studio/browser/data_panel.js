// Data: a table of one's own, what was understood of it, and small sets to play with.

import {byId, make, visible} from "../../render/web/dom.js";
import {command, say} from "./doing.js";
import {send} from "./server.js";
import {store} from "./store.js";
import {SAY, WORDS} from "./words.js";

const MOST = 64e6;
/** @type {File | null} */
let file = null;

export const dataPanel = {
  title: WORDS.data,
  /** @param {HTMLElement} place */
  make(place) {
    const {data, toys} = store.state, choose = make("input", {type: "file", id: "table-file", accept: ".csv,.tsv,.txt,.parquet,.feather,.arrow,.npz"});
    const drop = make("div", {class: "drop", id: "drop"}, make("p", {text: WORDS.dropHere}), make("label", {class: "button file"}, WORDS.chooseFile, choose));
    choose.addEventListener("change", () => { read(choose.files?.[0]); choose.value = ""; });
    listenToDrops(drop);
    place.append(make("div", {id: "data-now"}, ...data.samples === undefined ? [make("p", {text: data.name})] : [make("p", {text: SAY.samples(data)}), ...columnsOf(data)]), drop,
      make("div", {id: "understood", role: "status"}), make("h3", {text: WORDS.toys}), make("p", {class: "note", text: WORDS.dataNote}),
      make("div", {class: "buttons", id: "toys"}, ...[{id: "mnist", name: WORDS.digits}, ...toys].map(toy =>
        make("button", {type: "button", class: "button small", "data-toy": toy.id, text: toy.name, click: () => use({data: toy.id})}))));
  },
};

/** What is dropped beside the paper is data, too. @param {HTMLElement} place */
function listenToDrops(place) {
  place.addEventListener("dragover", event => { event.preventDefault(); place.classList.add("over"); });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", event => { event.preventDefault(); place.classList.remove("over"); read(event.dataTransfer?.files[0]); });
}

/** Read a file that was chosen or dropped. @param {File | undefined} given @param {string} [target] */
export async function read(given, target) {
  if (!given) return;
  file = given;
  const place = byId("understood"), refuse = (/** @type {string} */ text) => {
    place.replaceChildren(make("p", {"data-refused": "", text}));
    place.scrollIntoView({block: "nearest"});
  };
  if (given.size > MOST) { refuse(`${visible(given.name)}: is larger than 64 MB; pellucid train reads it.`); return; }
  place.replaceChildren(make("p", {text: WORDS.reads}));
  try {
    show(await send(`/data?name=${encodeURIComponent(given.name)}${target ? `&target=${encodeURIComponent(target)}` : ""}`, given));
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error));
  }
}

/** What was understood. @param {any} found */
function show(found) {
  if (found.target === null && found.why) {
    byId("understood").replaceChildren(make("h3", {text: WORDS.whichTarget}), ...askForTarget(found.targets, ""));
    return;
  }
  byId("understood").replaceChildren(make("h3", {text: WORDS.understood}), make("p", {text: SAY.samples(found)}), ...columnsOf(found), ...askForTarget(found.targets, found.target),
    ...found.notes.map((/** @type {string} */ text) => make("p", {class: "note", text})),
    make("button", {type: "button", class: "button main", id: "use-data", text: WORDS.useData, click: () => use({data: found.id, ...found.target ? {target: found.target} : {}})}),
    make("button", {type: "button", class: "button", id: "go-on-with-data", text: WORDS.goOnWithData, click: async () => { if (await command("knob", {name: "data", value: found.id})) say(WORDS.dataNext); }}));
}

/** @param {string[]} targets @param {string} target */
function askForTarget(targets, target) {
  const select = make("select", {id: "target"});
  if (targets.length) { select.append(...target ? [] : [new Option("", "")], ...targets.map(one => new Option(visible(one), one))); select.value = target; }
  select.addEventListener("change", () => read(file ?? undefined, select.value));
  return targets.length ? [make("div", {class: "fields"}, make("label", {for: "target", text: WORDS.target}), select)] : [];
}

/** @param {any} data */
function columnsOf(data) {
  if (!data.columns?.length) return [];
  return [make("div", {class: "scrolls"}, make("table", {class: "columns"}, make("thead", {}, make("tr", {}, ...[WORDS.column, WORDS.kind, WORDS.becomes].map(text => make("th", {scope: "col", text})))),
    make("tbody", {}, ...data.columns.map((/** @type {any} */ one) => make("tr", {}, make("th", {scope: "row", text: visible(one.name)}), make("td", {text: one.kind}), make("td", {text: one.becomes}))))))];
}

/** @param {any} asked */
async function use(asked) {
  say(WORDS.reads);
  if (await command("new", asked)) say("");
}

/** A table that is dropped anywhere but on the paper opens this panel. @param {() => void} open */
export function listenEverywhere(open) {
  addEventListener("dragover", event => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); });
  addEventListener("drop", event => {
    if (event.defaultPrevented || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    const [given] = event.dataTransfer.files;
    open();
    read(given);
  });
}
