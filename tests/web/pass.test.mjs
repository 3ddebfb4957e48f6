import assert from "node:assert/strict";
import {test} from "node:test";
import {backward, logarithms} from "../../src/pellucid/render/web/backward.js";
import {forward, layersOf, normaliser, numbersOf, softmax} from "../../src/pellucid/render/web/pass.js";

const near = (a, b, within = 1e-12) => assert.ok(Math.abs(a - b) <= within * Math.max(1, Math.abs(b)), `${a} is not ${b}`);

/** A network 3-4-3 with tanh and softmax; its weights are no random ones, and none are alike. */
function network() {
  const theta = Float64Array.from({length: 4 * 3 + 4 + 3 * 4 + 3}, (_, k) => Math.sin(3 * k + 1));
  return {
    theta, layers: layersOf([{inputs: 3, outputs: 4}, {inputs: 4, outputs: 3}], theta),
    activations: [Math.tanh, null], slopes: [(z, a) => 1 - a * a, () => 1],
    loss: {part: (z, a, y, q) => -y * q, delta: (a, y) => a - y, shared: null, sum: true},
  };
}

test("numbers come back from the planes of their bytes, bit by bit", () => {
  for (const [dtype, Kind] of [["float32", Float32Array], ["float64", Float64Array]]) {
    const values = Kind.from({length: 50}, (_, k) => Math.exp(k - 25) * (-1) ** k), size = values.BYTES_PER_ELEMENT;
    const bytes = new Uint8Array(values.buffer), planes = Uint8Array.from(bytes, (_, at) => bytes[at % 50 * size + Math.floor(at / 50)]);
    assert.deepEqual(Array.from(numbersOf(planes, dtype)), Array.from(values));
  }
});

test("a score is the sum of its terms and the bias, and probabilities come to 1", () => {
  const net = network(), x = [0.5, -1, 2], pass = forward(net, x);
  pass.z[0].forEach((z, j) => near(z, x.reduce((all, value, i) => all + net.layers[0].W[3 * j + i] * value, net.layers[0].b[j])));
  near(pass.a[2].reduce((p, q) => p + q), 1);
});

test("a softmax does not overflow, and its logarithm has no end", () => {
  const z = Float64Array.of(1000, 0, -1000), a = softmax(z);
  assert.deepEqual(Array.from(a), [1, 0, 0]);
  assert.deepEqual(Array.from(logarithms(z, a)), [0, -1000, -2000]);
  assert.equal(normaliser(z).m, 1000);
});

test("each δ is the slope of the loss, as small steps measure it", () => {
  const net = network(), x = [0.5, -1, 2], y = [0, 1, 0], h = 1e-6;
  const back = backward(net, forward(net, x), y);
  net.layers.forEach((layer, l) => layer.b.forEach((_, j) => {
    const at = by => { layer.b[j] += by; const found = backward(net, forward(net, x), y).loss; layer.b[j] -= by; return found; };
    near(back.delta[l][j], (at(h) - at(-h)) / (2 * h), 1e-8);
  }));
});

test("where a slope has no formula, the way back ends above it", () => {
  const net = {...network(), slopes: [null, () => 1]}, back = backward(net, forward(net, [1, 2, 3]), [1, 0, 0]);
  assert.equal(back.delta[0], undefined);
  assert.equal(back.delta[1].length, 3);
});
