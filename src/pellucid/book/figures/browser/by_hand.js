// A neuron or a chain of neurons: each number has a slider, the picture follows, and one neuron is opened.

import {byId, make, mark} from "../../../render/web/dom.js";
import {numberView} from "../../../render/web/number_view.js";
import {short} from "../../../render/web/numbers.js";
import {forward, layersOf} from "../../../render/web/pass.js";
import {fitFrame} from "./frame.js";
import {edgeOf, pointOn} from "./places.js";
import {addSlider} from "./slider.js";

const RANGE = {least: -4, most: 4, step: 0.1};

function startByHand() {
  /** @type {{model: any, theta: number[], x: number[]}} */
  const {model, theta, x} = JSON.parse(byId("data").textContent);
  /** @type {{W: Float64Array, b: Float64Array}[]} */
  const layers = layersOf(model.layers, Float64Array.from(theta)), last = layers.length;
  // @ts-ignore: FUNCTIONS stands before this script, written from the formulas of the model
  const net = {layers, ...FUNCTIONS};
  const view = numberView(byId("look"), model, net, {go: open, back: () => {}, point: () => {}, rate: 0});
  /** @type {HTMLElement[]} */
  const chips = last === 1 ? [] : layers.map((_, l) => make("button",
    {type: "button", class: "chip", "data-open": l + 1, "aria-pressed": "false", text: `layer ${l + 1}`, click: () => open(l + 1)}));
  let opened = last;
  addSliders();
  byId("turn").classList.toggle("chain", last > 1);
  if (chips.length) byId("look").before(make("div", {class: "buttons", role: "group", "aria-label": "Open a neuron"}, ...chips));
  open(last);

  function addSliders() {
    /** @param {string} name @param {number[] | Float64Array} values @param {number} i */
    const turn = (name, values, i) =>
      addSlider(byId("turn"), name, {...RANGE, value: values[i]}, value => { values[i] = value; show(); });
    x.forEach((_, i) => turn(model.features[i], x, i));
    layers.forEach((layer, l) => {
      const behind = last > 1 ? String(l + 1) : "";
      layer.W.forEach((_, i) => turn(`w${behind || i + 1}`, layer.W, i));
      turn(`b${behind}`, layer.b, 0);
    });
  }

  /** @param {number} l */
  function open(l) {
    if (l === 0) return;
    opened = l;
    chips.forEach((chip, k) => chip.setAttribute("aria-pressed", String(k + 1 === l)));
    for (const one of document.querySelectorAll("[data-neuron]")) one.toggleAttribute("data-chosen", one.getAttribute("data-neuron") === String(l));
    view.open(l, 0, false);
    show();
  }

  function show() {
    const pass = forward(net, x);
    x.forEach((value, i) => tell(`x${i}`, value));
    layers.forEach((layer, l) => {
      layer.W.forEach((w, i) => { tell(`w${l + 1},${i}`, w); drawEdge(`w${l + 1},${i}`, w); });
      tell(`b${l + 1}`, layer.b[0]);
      tell(`z${l + 1}`, pass.z[l][0]);
      tell(`a${l + 1}`, pass.a[l + 1][0]);
    });
    const point = pointOn(pass.z[opened - 1][0], pass.a[opened][0]), at = document.querySelector(".curve .at");
    at?.setAttribute("cx", String(point[0]));
    at?.setAttribute("cy", String(point[1]));
    view.show({pass, back: null});
  }

  /** @param {string} name @param {number} value */
  function tell(name, value) {
    const place = /** @type {HTMLElement} */ (document.querySelector(`[data-is="${name}"]`));
    place.textContent = short(value);
    mark(place, "number", value);
  }

  /** @param {string} name @param {number} w */
  function drawEdge(name, w) {
    const {kind, width} = edgeOf(w), line = document.querySelector(`[data-edge="${name}"]`);
    line?.setAttribute("class", `edge ${kind}`);
    line?.setAttribute("stroke-width", String(width));
  }
}

startByHand();
fitFrame();
