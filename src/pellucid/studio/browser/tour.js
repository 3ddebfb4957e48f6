// The tour: a few cards that point at the page itself. It can be left, and goes on where it was left.

import {byId, make} from "../../render/web/dom.js";
import {closePanel} from "./panels.js";
import {CARDS, SAY, WORDS} from "./words.js";

const KEPT = "pellucid-studio-tour", FAR = 12;

/** Begin, or go on. */
export function startTour() {
  const at = Number(kept());
  closePanel();
  show(at > 0 && at < CARDS.length ? at : 0);
}

function kept() {
  try { return localStorage.getItem(KEPT) ?? "0"; } catch { return "0"; }
}

/** @param {number} at */
function keep(at) {
  try { localStorage.setItem(KEPT, String(at)); } catch { /* a browser that keeps nothing */ }
}

function end() {
  byId("tour")?.remove();
  document.querySelector(".toured")?.classList.remove("toured");
  const button = /** @type {HTMLElement | null} */ (document.querySelector("[data-panel=tour]"));
  if (button?.checkVisibility()) button.focus(); else byId("menu-button").focus();
}

/** @param {number} at */
function show(at) {
  const [selector, title, text] = CARDS[at], last = at === CARDS.length - 1;
  keep(last ? 0 : at);
  byId("tour")?.remove();
  document.querySelector(".toured")?.classList.remove("toured");
  const target = document.querySelector(selector);
  const button = (/** @type {string} */ text, /** @type {() => void} */ click, main = false) => make("button", {type: "button", class: `button small${main ? " main" : ""}`, text, click});
  const card = make("div", {id: "tour", role: "dialog", "aria-labelledby": "tour-title", tabindex: -1}, make("h2", {id: "tour-title", text: title}), make("p", {text}), make("p", {class: "note", text: SAY.card(at + 1, CARDS.length)}),
    make("div", {class: "buttons"}, ...at ? [button(WORDS.before, () => show(at - 1))] : [], button(last ? WORDS.done : WORDS.after, () => (last ? end() : show(at + 1)), true), ...last ? [] : [button(WORDS.skip, end)]));
  card.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => { if (event.key === "Escape") end(); });
  document.body.append(card);
  if (target?.checkVisibility()) {
    target.classList.add("toured");
    target.scrollIntoView({block: "nearest"});
  }
  place(card, target?.checkVisibility() ? target.getBoundingClientRect() : null);
  card.focus();
}

// Beside what it points at, where there is room; else in the middle.
/** @param {HTMLElement} card @param {DOMRect | null} box */
function place(card, box) {
  const {offsetWidth: w, offsetHeight: h} = card;
  let left = (innerWidth - w) / 2, top = (innerHeight - h) / 2;
  if (box && box.right + w + 2 * FAR < innerWidth) { left = box.right + FAR; top = box.top + FAR; }
  else if (box && box.left - w - 2 * FAR > 0) { left = box.left - w - FAR; top = box.top + FAR; }
  else if (box && box.top - h - FAR > 0) top = box.top - h - FAR;
  else if (box && box.bottom + h + FAR < innerHeight) top = box.bottom + FAR;
  card.style.left = `${Math.max(8, Math.min(innerWidth - w - 8, left))}px`;
  card.style.top = `${Math.max(8, Math.min(innerHeight - h - 8, top))}px`;
}
