// The page begins: what there is is asked for, the zones are made, and from then on the server announces what changes.

import {byId, make} from "../../render/web/dom.js";
import {layersOf} from "../../render/web/pass.js";
import {branchesPanel} from "./branches_panel.js";
import {dataPanel, listenEverywhere} from "./data_panel.js";
import {look, say} from "./doing.js";
import {listen} from "./events.js";
import {repaintInput, startInput} from "./input_zone.js";
import {landscapePanel} from "./landscape_panel.js";
import {mistakesPanel} from "./mistakes_panel.js";
import {openPanel, renewPanel, startPanels} from "./panels.js";
import {again, repaint, startViews, walk} from "./seeing.js";
import {frame, get, pour} from "./server.js";
import {offerRun, sharePanel} from "./share_panel.js";
import {store, tell, when} from "./store.js";
import {startTeaching} from "./teaching.js";
import {drawTime, startTime} from "./time_bar.js";
import {startTour} from "./tour.js";
import {trainingPanel} from "./training_panel.js";
import {startWhatIf} from "./what_if.js";
import {SAY, WORDS, fillWords, group} from "./words.js";

const LEAST = 50, SHARE = 3; // milliseconds between two θ, and how much longer to rest than the page works on one

/** @type {string} which network the views are of */
let shown = "";
let pouring = false, waits = false;
/** @type {number | null} the step that is looked at before it is gone to */
let ahead = null;

/** What makes a network another one. @param {any} state */
const networkOf = state => JSON.stringify([state.model, state.data.id]);

/** Make the network and all that shows it. */
async function build() {
  const own = shown = networkOf(store.state);
  const [model, functions, theta] = await Promise.all([get("/model"), import(`/functions.js?${encodeURIComponent(own.length + own)}`), frame("theta=1")]);
  if (own !== shown || !theta) return;
  store.model = {...model, plane: store.state.model.form === "plane" ? {pictures: null} : undefined};
  store.net = {layers: layersOf(model.layers, new Float64Array(theta.blocks.theta.length)), ...functions.FUNCTIONS};
  store.other = null;
  take(theta, false);
  startViews();
  startInput();
  store.view.paint();
  renewPanel();
  document.body.classList.remove("waiting");
}

/** A θ comes into the network. @param {import("./server.js").Frame} theta @param {boolean} [show] */
function take({head, blocks}, show = true) {
  pour(store.net.layers, blocks.theta);
  Object.assign(store, {version: head.version, step: head.step});
  const hash = document.querySelector("[data-theta-hash]");
  if (hash && head.exact) hash.textContent = head.hash;
  store.looking = ahead === null ? "" : SAY.preview(group(ahead), group(head.step));
  if (!show) return;
  again();
  store.view.paint();
  tell("theta");
  if (ahead !== null) drawTime();
}

// One θ after another: asked for from an animation frame, one at a time, and no more than the page can show.
async function pump() {
  if (pouring) { waits = true; return; }
  pouring = true;
  do {
    waits = false;
    await new Promise(requestAnimationFrame);
    const own = shown, step = ahead;
    const query = step === null ? `theta=1&have=${store.looking ? -1 : store.version}` : `theta=1&step=${step}`;
    const theta = await frame(query).catch(() => null);
    const from = performance.now();
    if (theta && own === shown && store.net && theta.blocks.theta.length === sizeOf(store.net) && step === ahead) take(theta);
    const rest = Math.max(LEAST, SHARE * (performance.now() - from));
    await new Promise(done => { setTimeout(done, step === null ? rest : 0); });
  } while (waits);
  pouring = false;
}

/** @param {any} net */
const sizeOf = net => net.layers.reduce((/** @type {number} */ all, /** @type {any} */ {W, b}) => all + W.length + b.length, 0);

function changeTheme() {
  const root = document.documentElement, dark = getComputedStyle(root).colorScheme === "dark";
  root.dataset.theme = dark ? "light" : "dark";
  repaintAll();
}

function repaintAll() {
  repaint();
  repaintInput();
  drawTime();
}

/** @param {string} name @param {any} told */
function hear(name, told) {
  if (lost && name !== "lost") say(WORDS.back);
  lost = name === "lost";
  if (name === "lost") { say(WORDS.lost, [[WORDS.ok, () => {}]], true); tell("lost"); }
  if (name === "state" && told.state !== store.state?.state) look();
  if (name === "landscape") tell("landscape", told);
  if (name !== "step") return;
  tell("step", told);
  if (told.version !== store.version && ahead === null) pump();
}
let lost = false;

async function begin() {
  fillWords(document);
  byId("train").textContent = WORDS.train;
  byId("theme").addEventListener("click", changeTheme);
  for (const wish of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) matchMedia(wish).addEventListener("change", repaintAll);
  byId("walk-back").addEventListener("click", () => walk(-1));
  byId("walk-next").addEventListener("click", () => walk(1));
  startWhatIf();
  startTeaching();
  startPanels({data: dataPanel, training: trainingPanel, branches: branchesPanel, mistakes: mistakesPanel, landscape: landscapePanel, share: sharePanel}, startTour);
  startTime();
  listenEverywhere(() => openPanel("data"));
  when("state", () => { if (shown && networkOf(store.state) !== shown) build(); });
  when("preview", step => {
    ahead = step;
    if (step === null) store.looking = store.looking && " ";
    pump();
  });
  await look();
  listen(hear);
  await build();
  when("state", () => { if (store.state.run.state !== "loading" && !offered) { offered = true; offerRun(); } });
  if (store.state.run.state !== "loading") { offered = true; offerRun(); }
}
let offered = false;

begin().catch(error => {
  document.body.classList.remove("waiting");
  document.body.prepend(make("p", {role: "alert", text: String(error?.message ?? error)}));
});
