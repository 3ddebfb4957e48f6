// Which classes the network takes for which others, and the samples of a cell.

import {byId, make} from "../../render/web/dom.js";
import {paintGrey} from "../../render/web/ink.js";
import {percent} from "../../render/web/numbers.js";
import {trying} from "./doing.js";
import {putHandle} from "./input_zone.js";
import {bytesOf, get} from "./server.js";
import {store} from "./store.js";
import {SAY, WORDS, group} from "./words.js";

const LIMIT = 24;

export const mistakesPanel = {
  title: WORDS.mistakes,
  /** @param {HTMLElement} place */
  make(place) {
    if (!store.model.classes) { place.append(make("p", {text: WORDS.noClasses})); return; }
    place.append(make("p", {class: "note", text: WORDS.matrixNote}), make("div", {class: "scrolls", id: "matrix"}), make("p", {class: "note", id: "counted"}),
      make("button", {type: "button", class: "button", text: WORDS.refresh, click: count}), make("div", {id: "cell", role: "status"}));
    count();
  },
};

async function count() {
  const found = await trying(() => get("/confusion")), place = byId("matrix");
  if (!found || !place) return;
  const {classes, counts} = found;
  const head = make("tr", {}, make("td"), ...classes.map((/** @type {string} */ name) => make("th", {scope: "col", text: name})));
  place.replaceChildren(make("table", {class: "matrix"}, make("thead", {}, head), make("tbody", {}, ...counts.map((/** @type {number[]} */ row, /** @type {number} */ y) => {
    const all = row.reduce((p, q) => p + q, 0) || 1;
    return make("tr", {}, make("th", {scope: "row", text: classes[y]}), ...row.map((number, said) => {
      const button = make("button", {type: "button", "aria-label": SAY.cell(classes[y], classes[said], number), "data-cell": `${y},${said}`, disabled: number === 0, text: number ? String(number) : "", click: () => show(y, said, found.part)});
      button.style.setProperty("--t", String(said === y ? number / all : Math.min(1, 10 * number / all)));
      return make("td", {class: said === y ? "right" : ""}, button);
    }));
  }))));
  byId("counted").textContent = SAY.scored(found.part, found.samples);
}

/** @param {number} y @param {number} said @param {string} part */
async function show(y, said, part) {
  const found = await trying(() => get(`/cell?part=${part}&true=${y}&said=${said}&limit=${LIMIT}`)), place = byId("cell"), {classes, image} = store.model;
  if (!found || !place) return;
  place.replaceChildren(make("h3", {text: SAY.cell(classes[y], classes[said], found.count)}), make("div", {class: "shots"}, ...found.samples.map((/** @type {any} */ one) => {
    const canvas = make("canvas", {"aria-hidden": "true"});
    if (one.pixels) paintGrey(canvas, bytesOf(one.pixels), image);
    return make("button", {type: "button", "aria-label": `${part} ${group(one.number)}, ${percent(one.p)}`, "data-handle": one.handle, click: () => putHandle(one.handle, classes[y])}, ...one.pixels ? [canvas] : [`${group(one.number)}`, make("br")], percent(one.p));
  })));
  place.scrollIntoView({block: "nearest"});
}
