// Commands, and what is said of them.

import {byId, make} from "../../render/web/dom.js";
import {Refusal, get, post} from "./server.js";
import {store, tell} from "./store.js";
import {WORDS} from "./words.js";

let clock = 0;

/**
 * Say something above the time bar: for a while, or until it is answered where it has buttons.
 * @param {string} text @param {[string, () => void][]} [buttons] @param {boolean} [stays] until it is answered
 */
export function say(text, buttons = [], stays = false) {
  const place = byId("said");
  clearTimeout(clock);
  place.hidden = text === "";
  byId("said-text").textContent = text;
  byId("said-buttons").replaceChildren(...buttons.map(([name, then]) =>
    make("button", {type: "button", class: "button small", text: name, click: () => { say(""); then(); }})));
  if (text && !stays) clock = window.setTimeout(() => say(""), 10_000);
}

/** Ask; what goes wrong is said, and null comes back. @template T @param {() => Promise<T>} work @returns {Promise<T | null>} */
export async function trying(work) {
  try {
    return await work();
  } catch (error) {
    say(error instanceof Refusal ? error.message : WORDS.lost, [[WORDS.ok, () => {}]]);
    return null;
  }
}

/** @param {string} what @param {object} [more] @returns {Promise<any>} */
export const command = (what, more = {}) => trying(async () => {
  const found = await post("/command", {do: what, ...more});
  await look();
  return found;
});

let looking = false, again = false;

/** Fetch the state, once at a time. */
export async function look() {
  if (looking) { again = true; return; }
  looking = true;
  do {
    again = false;
    const found = await get("/state").catch(() => null);
    if (found) {
      const before = store.state;
      store.state = found;
      tell("state", before);
    }
  } while (again);
  looking = false;
}

/** The handle of what is on the paper; the server is sent what it does not know yet. @returns {Promise<string | null>} */
export async function handleOf() {
  if (store.handle) return store.handle;
  const given = store.given, found = await trying(() => post("/input", given));
  if (found && given === store.given) store.handle = found.handle;
  return found?.handle ?? null;
}
