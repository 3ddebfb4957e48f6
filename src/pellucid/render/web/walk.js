// The way back, a formula at a time: from the loss to the first layer, and to what each weight becomes.

import {greatest} from "./ink.js";
import {nameOf} from "./names.js";
import {put, say} from "./numbers.js";
import {weightsOf} from "./pass.js";

/** @import {Network, Pass} from "./pass.js" */
/** @import {Back} from "./backward.js" */
/** @typedef {{name: string, step: string, layer: number, neuron: number, input?: number, formula: string, numbers: string, value: number, why: string}} Step */

/** Where the greatest number is. @param {Float64Array} values */
const placeOfGreatest = values => {
  const most = greatest(values);
  return values.findIndex(x => Math.abs(x) === most);
};

/**
 * The steps: the loss; then for each layer from the last its δ, and what that makes of one weight and of the bias. In each
 * layer they follow one neuron: the `opened` one, or that with the greatest δ.
 * @param {any} model @param {Network} net @param {Pass} pass
 * @param {Back} back @param {number[] | null} opened @param {number} rate @returns {Step[]}
 */
export function stepsBack(model, net, pass, back, opened, rate) {
  const L = net.layers.length, steps = [lossStep(model, pass, back, L)];
  for (let l = L; l > 0 && back.delta[l - 1]; l--) {
    const delta = back.delta[l - 1], j = opened && opened[0] === l ? opened[1] : Math.max(0, placeOfGreatest(delta));
    steps.push(...(l === L ? [outputDelta(model, pass, back, j, L)] : hiddenDelta(model, net, pass, back, l, j)));
    steps.push(...weightSteps(model, net, pass, delta[j], l, j, rate));
  }
  return steps;
}

/** @param {any} model @param {Pass} pass @param {Back} back @param {number} L @returns {Step} */
function lossStep(model, pass, back, L) {
  const {words: {value: text, single}, constants} = model.loss, j = Math.max(0, back.y.findIndex(y => y !== 0));
  const letters = {...constants, a: pass.a[L][j], z: pass.z[L - 1][j], y: back.y[j]};
  return {name: "L", step: "loss", layer: L, neuron: j, formula: single ? within(text, L, j) : text, numbers: single ? put(text, letters) : "",
    value: back.loss, why: `the loss, ${model.loss.name}: how wrong the answer is`};
}

/** A formula with the names of one neuron's numbers. @param {string} text @param {number} l @param {number} j */
export const within = (text, l, j) =>
  text.replace(/(?<![\w.])([azy])(?!\w)/g, (_, letter) => letter === "y" ? `y[${j}]` : `${letter}${l}[${j}]`);

/** @param {any} model @param {Pass} pass @param {Back} back @param {number} j @param {number} L @returns {Step} */
function outputDelta(model, pass, back, j, L) {
  const {words: {delta: text}, constants} = model.loss;
  const letters = {...constants, a: pass.a[L][j], y: back.y[j], c: back.c};
  return {name: `δ${L}[${j}]`, step: `delta${L}`, layer: L, neuron: j, formula: within(text, L, j), numbers: put(text, letters),
    value: back.delta[L - 1][j], why: `∂L/∂z: how fast the loss grows with the score of ${nameOf(model, L, j)}`};
}

/**
 * @param {any} model @param {Network} net @param {Pass} pass @param {Back} back @param {number} l @param {number} j
 * @returns {Step[]}
 */
function hiddenDelta(model, net, pass, back, l, j) {
  const above = net.layers[l], delta = back.delta[l], g = back.arrived[l - 1][j], layer = model.layers[l - 1];
  const terms = Float64Array.from(delta, (d, k) => weightsOf(above, k)[j] * d);
  const largest = Array.from(terms.keys()).sort((p, q) => Math.abs(terms[q]) - Math.abs(terms[p])).slice(0, 3);
  const added = largest.map(k => put("w · d", {w: weightsOf(above, k)[j], d: delta[k]})).join(" + ") + (terms.length > 3 ? " + …" : "");
  const name = `∂L/∂a${l}[${j}]`, slope = layer.words.slope, letters = {...layer.constants, z: pass.z[l - 1][j], a: pass.a[l][j]};
  return [
    {name, step: `dLoss/da${l}`, layer: l, neuron: j, formula: `Σ W${l + 1}[k, ${j}] · δ${l + 1}[k]`, numbers: added, value: g,
      why: `what arrives at ${nameOf(model, l, j)} from all that it feeds`},
    {name: `δ${l}[${j}]`, step: `delta${l}`, layer: l, neuron: j, formula: slope ? `${name} · ${within(slope, l, j)}` : name,
      numbers: slope ? `${bracketed(g)} · ${put(slope, letters)}` : "", value: back.delta[l - 1][j], why: "times the slope of its activation"},
  ];
}

/** @param {number} value */
const bracketed = value => value < 0 ? `(${say(value)})` : say(value);

/**
 * @param {any} model @param {Network} net @param {Pass} pass @param {number} delta @param {number} l @param {number} j
 * @param {number} rate @returns {Step[]}
 */
function weightSteps(model, net, pass, delta, l, j, rate) {
  const x = pass.a[l - 1], i = Math.max(0, placeOfGreatest(x)), w = weightsOf(net.layers[l - 1], j)[i], b = net.layers[l - 1].b[j];
  const input = l === 1 ? `x[${i}]` : `a${l - 1}[${i}]`, at = {layer: l, neuron: j, input: i}, from = nameOf(model, l - 1, i);
  const W = `W${l}[${j}, ${i}]`, B = `b${l}[${j}]`, gradient = delta * x[i];
  return [
    {...at, name: `∂L/∂${W}`, step: `dW${l}`, formula: `δ${l}[${j}] · ${input}`, numbers: put("d · x", {d: delta, x: x[i]}), value: gradient,
      why: `the weight from ${from}, its greatest input`},
    {...at, name: `∂L/∂${B}`, step: `db${l}`, formula: `δ${l}[${j}]`, numbers: "", value: delta, why: "the bias: its input is always 1"},
    {...at, name: `new ${W}`, step: `W${l}`, formula: `${W} − η · ∂L/∂${W}`, numbers: put("w − η · g", {w, "η": rate, g: gradient}).replace("η", say(rate)),
      value: w - rate * gradient, why: `the weight after a step with the rate η = ${rate}`},
    {...at, name: `new ${B}`, step: `b${l}`, formula: `${B} − η · ∂L/∂${B}`, numbers: put("b − η · g", {b, g: delta}).replace("η", say(rate)),
      value: b - rate * delta, why: "the bias after the same step"},
  ];
}
