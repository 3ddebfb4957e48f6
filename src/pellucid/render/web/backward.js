// The way back: how wrong the answer is, and dLoss/dz of every neuron, by the chain rule from the last layer to the first.

import {normaliser} from "./pass.js";

/**
 * @typedef {{loss: number, y: Float64Array, delta: Float64Array[], arrived: Float64Array[], c: number}} Back
 * delta[l − 1] is dLoss/dz of layer l, arrived[l − 1] its dLoss/da; c is what all outputs share in the slope of the loss
 */

const TINIEST = 2.2250738585072014e-308; // the smallest normal number: those below it have fewer digits

/** log a of a softmax; from the scores where a is too small. @param {Float64Array} z @param {Float64Array} a */
export function logarithms(z, a) {
  const {m, s} = normaliser(z);
  return a.map((p, k) => p >= TINIEST ? Math.log(p) : z[k] - m - Math.log(s));
}

/**
 * The loss of a pass and every δ. y holds the targets as the network learns them: 0 0 0 1 0 for class 3.
 * @param {import("./pass.js").Network & {loss: import("./pass.js").LossFunctions}} net @param {import("./pass.js").Pass} pass
 * @param {ArrayLike<number>} y @returns {Back}
 */
export function backward(net, pass, y) {
  const L = net.layers.length, z = pass.z[L - 1], a = pass.a[L], {part, delta: slopeOf, shared, sum: summed} = net.loss;
  const q = logarithms(z, a), share = summed ? 1 : a.length;
  const loss = a.reduce((all, p, k) => all + part(z[k], p, y[k], q[k]), 0) / share;
  const c = shared ? a.reduce((all, p, k) => all + shared(p, y[k]), 0) : 0;
  /** @type {Float64Array[]} */
  const delta = [], /** @type {Float64Array[]} */ arrived = [];
  delta[L - 1] = a.map((p, k) => slopeOf(p, y[k], c) / share);
  for (let l = L - 2; l >= 0; l--) {
    const slope = net.slopes[l];
    if (!slope) break;
    // dL/da = Wᵀ δ of the layer above, δ = dL/da · f'(z)
    arrived[l] = throughWeights(net.layers[l + 1], delta[l + 1]);
    delta[l] = arrived[l].map((g, i) => g * slope(pass.z[l][i], pass.a[l + 1][i]));
  }
  return {loss, y: Float64Array.from(y), delta, arrived, c};
}

/** @param {import("./pass.js").Layer} layer @param {Float64Array} delta */
function throughWeights(layer, delta) {
  const g = new Float64Array(layer.inputs);
  for (let k = 0; k < layer.outputs; k++)
    for (let i = 0; i < layer.inputs; i++) g[i] += layer.W[k * layer.inputs + i] * delta[k];
  return g;
}
