// The learning rate of a descent: two sliders, the way on the parabola, and its numbers.

import {byId, make, mark} from "../../../render/web/dom.js";
import {say} from "../../../render/web/numbers.js";
import {descend, verdictOn} from "./descent.js";
import {fitFrame} from "./frame.js";
import {addSlider} from "./slider.js";

const SVG = "http://www.w3.org/2000/svg";

function startDescent() {
  const {start, rate, steps, bowl: [left, right, above, below], side} = JSON.parse(byId("data").textContent);
  const now = {rate, steps}, verdict = make("p"), numbers = make("p", {class: "formula"}), rows = make("tbody");
  byId("said").append(verdict);
  byId("look").append(numbers, make("details", {}, make("summary", {text: "Step by step"}), make("table", {},
    make("thead", {}, make("tr", {}, ...["step", "θ", "slope 2θ", "L = θ²"].map(text => make("th", {scope: "col", class: "n", text})))), rows)));
  addSlider(byId("turn"), "rate η", {least: 0.01, most: 1.1, step: 0.01, value: rate}, value => { now.rate = value; show(); });
  addSlider(byId("turn"), "steps", {least: 1, most: 30, step: 1, value: steps}, value => { now.steps = value; show(); });
  show();

  /** @param {number} theta */
  function place(theta) {
    return [left + (right - left) * (theta + side) / (2 * side), below - (below - above) * theta ** 2 / side ** 2];
  }

  function show() {
    const positions = descend(start, now.rate, now.steps), end = positions[positions.length - 1], seen = positions.filter(theta => Math.abs(theta) <= side);
    document.querySelector(".way")?.setAttribute("points", seen.map(theta => place(theta).join(",")).join(" "));
    byId("steps").replaceChildren(...seen.map(theta => {
      const dot = document.createElementNS(SVG, "circle"), [x, y] = place(theta);
      for (const [name, value] of Object.entries({cx: x, cy: y, r: 4})) dot.setAttribute(name, String(value));
      return dot;
    }));
    verdict.textContent = verdictOn(now.rate);
    mark(byId("said"), "rate", now.rate);
    mark(byId("said"), "theta", end);
    numbers.textContent = `θ after ${now.steps} steps = ${say(start)} · (1 − 2 · ${say(now.rate)})^${now.steps} = ${say(end)}`;
    rows.replaceChildren(...positions.map((theta, k) => make("tr", {}, make("th", {scope: "row", class: "n", text: k}),
      ...[theta, 2 * theta, theta ** 2].map(value => make("td", {class: "n", text: say(value)})))));
  }
}

startDescent();
fitFrame();
