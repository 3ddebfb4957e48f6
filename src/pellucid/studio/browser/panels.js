// The right zone shows one opened thing: a number, or one of these panels.

import {byId, make} from "../../render/web/dom.js";
import {store, when} from "./store.js";
import {SAY, WORDS} from "./words.js";

/** @typedef {{title: string, make: (place: HTMLElement) => void, state?: () => void, theta?: () => void, step?: () => void, history?: () => void, landscape?: (told: any) => void}} Panel */

/** @type {string | null} the one that is open */
let shown = null;
/** @type {Record<string, Panel>} */
let all = {};

/** @param {Record<string, Panel>} panels @param {() => void} tour */
export function startPanels(panels, tour) {
  all = panels;
  const menu = byId("menu");
  for (const name of Object.keys(panels)) menu.append(make("button", {type: "button", class: "button small", "data-panel": name, "aria-expanded": "false", "aria-controls": "panel",
    click: () => { closeMenu(); if (shown === name) closePanel(); else openPanel(name); }}, make("span", {text: panels[name].title})));
  menu.append(make("button", {type: "button", class: "button small", "data-panel": "tour", text: WORDS.tour, click: () => { closeMenu(); tour(); }}));
  byId("menu-button").addEventListener("click", () => {
    const open = menu.classList.toggle("open");
    byId("menu-button").setAttribute("aria-expanded", String(open));
  });
  menu.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => { if (event.key === "Escape") { closeMenu(); byId("menu-button").focus(); } });
  byId("panel-close").addEventListener("click", () => {
    const button = /** @type {HTMLElement | null} */ (document.querySelector(`#menu [data-panel=${shown}]`));
    closePanel();
    if (button?.checkVisibility()) button.focus(); else byId("opened").focus();
  });
  byId("sheet").addEventListener("click", () => showSheet(byId("opened").classList.contains("folded")));
  when("opened", byPerson => {
    if (!byPerson) return;
    closePanel();
    showSheet(true);
    byId("opened").scrollTop = 0;
    byId("opened-title").scrollIntoView({block: "nearest"});
  });
  for (const name of /** @type {const} */ (["state", "theta", "step", "history", "landscape"])) when(name, told => { if (shown) all[shown][name]?.(told); });
  when("state", () => {
    const place = /** @type {HTMLElement} */ (document.querySelector("[data-panel=data] span")), text = SAY.dataButton(store.state.data.name);
    if (place.textContent !== text) place.textContent = text;
    const found = store.state.findings.length + (store.state.run.fault ? 1 : 0), button = /** @type {HTMLElement} */ (document.querySelector("[data-panel=training]"));
    button.querySelector(".badge")?.remove();
    if (found) button.append(make("span", {class: "badge", text: String(found), title: WORDS.findings}));
  });
  showSheet(false);
}

function closeMenu() {
  byId("menu").classList.remove("open");
  byId("menu-button").setAttribute("aria-expanded", "false");
}

/** @param {string} name */
export function openPanel(name) {
  shown = name;
  byId("number-panel").hidden = true;
  byId("panel").hidden = false;
  byId("panel-title").textContent = all[name].title;
  byId("panel-body").replaceChildren();
  all[name].make(byId("panel-body"));
  mark();
  showSheet(true);
  byId("opened").scrollTop = 0;
  byId("panel-title").focus();
}

/** Make the open panel anew, where the network is another. */
export function renewPanel() { if (shown) { byId("panel-body").replaceChildren(); all[shown].make(byId("panel-body")); } }

export function closePanel() {
  shown = null;
  byId("panel").hidden = true;
  byId("number-panel").hidden = false;
  mark();
}

function mark() {
  for (const one of document.querySelectorAll("#menu [aria-expanded]")) one.setAttribute("aria-expanded", String(one.getAttribute("data-panel") === shown));
}

/** @param {boolean} whole */
export function showSheet(whole) {
  byId("opened").classList.toggle("folded", !whole);
  byId("sheet").setAttribute("aria-expanded", String(whole));
  byId("sheet").textContent = whole ? WORDS.hide : WORDS.show;
}
