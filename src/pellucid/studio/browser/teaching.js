// One step on what is on the paper: what it did to all the others stands beside the button, with a way back.

import {byId} from "../../render/web/dom.js";
import {percent} from "../../render/web/numbers.js";
import {command, handleOf} from "./doing.js";
import {rateNow} from "./seeing.js";
import {get} from "./server.js";
import {store, when} from "./store.js";
import {edited} from "./what_if.js";
import {SAY} from "./words.js";

const SAMPLES = 1000;

/** @type {{entry: number, step: number} | null} the last one, for as long as it is the last change */
let taught = null;

/** Give the buttons what they do. */
export function startTeaching() {
  byId("teach").addEventListener("click", teach);
  byId("untaught").addEventListener("click", () => edited(command("undo")));
  when("state", show);
}

async function teach() {
  const input = await handleOf();
  if (input === null) return;
  const before = await worth(), done = command("teach", {input, label: store.model.classes[store.label], rate: rateNow()});
  edited(done);
  const found = await done;
  if (!found) return;
  const now = await worth();
  byId("taught-text").textContent = before && now ? SAY.taught(now.part, percent(before.accuracy), percent(now.accuracy)) : "";
  taught = {entry: found.entry, step: found.step};
  show();
}

/** The accuracy on samples that are watched; null where it is not known. */
function worth() {
  const part = store.state.data.dev === 0 ? "train" : "dev";
  return get(`/score?part=${part}&limit=${SAMPLES}`).catch(() => null);
}

function show() {
  const {undo, run} = store.state;
  byId("taught").hidden = taught === null || undo !== taught.entry || run.step !== taught.step;
}
