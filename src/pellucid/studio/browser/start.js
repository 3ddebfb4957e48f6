// The least page: the answer to one digit, the step, and what there is to press.

import {listen} from "./events.js";

const DO = {train: "start", pause: "pause", step: "step", epoch: "epoch"};

/** @param {string} selector @param {unknown} text */
function put(selector, text) {
  const place = document.querySelector(selector);
  if (place !== null) place.textContent = String(text ?? "–");
}

/** @param {string} path @param {object} [body] */
async function ask(path, body) {
  const options = {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)};
  const answer = await fetch(path, body === undefined ? {} : options), found = await answer.json();
  put("#said", answer.ok ? "" : found.error);
  return answer.ok ? found : null;
}

let handle = "";

/** @param {any} answer */
function showAnswer(answer) {
  put("[data-answer]", answer.said ?? answer.values);
  put("#input", answer.handle);
}

async function showState() {
  const found = await ask("/state");
  if (found !== null) put("[data-theta-hash]", found.run.hash);
}

let busy = false;

/** @param {any} told */
async function showStep(told) {
  for (const name of ["step", "loss", "accuracy"]) put(`[data-${name}]`, told[name]);
  put("#state", told.state);
  if (busy || handle === "") return;
  busy = true;
  const answer = await ask(`/answer?input=${handle}`);
  if (answer !== null) showAnswer(answer);
  await showState();
  busy = false;
}

for (const button of document.querySelectorAll("[data-action]"))
  button.addEventListener("click", () => ask("/command", {do: DO[/** @type {keyof DO} */ (/** @type {HTMLElement} */ (button).dataset.action)]}));

listen((name, told) => {
  if (name === "step") showStep(told);
  if (name === "state") showState();
  if (name === "lost") put("#state", "the studio has ended");
});
const sample = await ask("/sample?number=0");
if (sample !== null) {
  handle = sample.handle;
  showAnswer(sample.answer);
}
