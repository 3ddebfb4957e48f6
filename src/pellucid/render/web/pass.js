// The network: one pass forward, the same numbers as pellucid's, in double precision.

/**
 * @typedef {{W: Float64Array, b: Float64Array, inputs: number, outputs: number}} Layer W row after row
 * @typedef {((z: number) => number) | null} Bend an activation; null is the softmax, which needs its whole layer
 * @typedef {{part: Function, delta: Function, shared: Function | null, sum: boolean}} LossFunctions
 * @typedef {{layers: Layer[], activations: Bend[], slopes: (Function | null)[], loss: LossFunctions | null}} Network
 * @typedef {{a: Float64Array[], z: Float64Array[]}} Pass a[0] is the input, z[l − 1] and a[l] are of layer l
 */

/** Numbers from their bytes: of all the first byte, then of all the second. @param {Uint8Array} bytes @param {string} dtype */
export function numbersOf(bytes, dtype) {
  const size = dtype === "float64" ? 8 : 4, count = bytes.length / size, mixed = new Uint8Array(bytes.length);
  for (let k = 0; k < size; k++) for (let i = 0; i < count; i++) mixed[i * size + k] = bytes[k * count + i];
  return Float64Array.from(size === 8 ? new Float64Array(mixed.buffer) : new Float32Array(mixed.buffer));
}

/**
 * Layers whose weights and biases follow each other in one array.
 * @param {{inputs: number, outputs: number}[]} sizes @param {Float64Array} theta @returns {Layer[]}
 */
export function layersOf(sizes, theta) {
  let at = 0;
  const next = (/** @type {number} */ count) => theta.subarray(at, at += count);
  return sizes.map(one => ({...one, W: next(one.inputs * one.outputs), b: next(one.outputs)}));
}

/** f(z) = exp(z − max z) / Σ exp(z − max z). @param {Float64Array} z */
export function softmax(z) {
  const {m, s} = normaliser(z);
  return z.map(x => Math.exp(x - m) / s);
}

/** What a softmax subtracts and divides by: m = max z, s = Σ exp(z − m). @param {Float64Array} z */
export function normaliser(z) {
  const m = z.reduce((most, x) => Math.max(most, x), -Infinity);
  return {m, s: z.reduce((all, x) => all + Math.exp(x - m), 0)};
}

/** From inputs x to every z and every a. @param {Network} net @param {ArrayLike<number>} x @returns {Pass} */
export function forward(net, x) {
  /** @type {Pass} */
  const pass = {a: [Float64Array.from(x)], z: []};
  net.layers.forEach((layer, l) => {
    const a = pass.a[l], z = new Float64Array(layer.outputs);
    for (let j = 0; j < layer.outputs; j++) {
      // z = Σ W a + b
      let all = layer.b[j];
      for (let i = 0; i < layer.inputs; i++) all += layer.W[j * layer.inputs + i] * a[i];
      z[j] = all;
    }
    pass.z.push(z);
    // a = f(z)
    const f = net.activations[l];
    pass.a.push(f ? z.map(score => f(score)) : softmax(z));
  });
  return pass;
}

/** The weights of one neuron. @param {Layer} layer @param {number} j */
export const weightsOf = (layer, j) => layer.W.subarray(j * layer.inputs, (j + 1) * layer.inputs);
