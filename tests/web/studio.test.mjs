import assert from "node:assert/strict";
import {test} from "node:test";
import {ceiling, nearest, thinned} from "../../src/pellucid/studio/browser/curve.js";
import {surfaceFrom} from "../../src/pellucid/studio/browser/landscape_panel.js";
import {asPicture, boxOf, pictures, surfaces} from "../../src/pellucid/studio/browser/plane.js";
import {pour, unpack} from "../../src/pellucid/studio/browser/server.js";
import {fromAddress, toAddress} from "../../src/pellucid/studio/browser/share_panel.js";
import {readKnob} from "../../src/pellucid/studio/browser/training_panel.js";
import {CARDS, WORDS, group} from "../../src/pellucid/studio/browser/words.js";
import {layersOf} from "../../src/pellucid/render/web/pass.js";

test("a frame is read: its head, and each block with its type", () => {
  const head = {version: 7, blocks: [{name: "theta", type: "float32", at: 0, bytes: 8}, {name: "dead/1", type: "uint8", at: 8, bytes: 2}]};
  let text = JSON.stringify(head);
  while ((8 + text.length) % 8) text += " ";
  const bytes = new Uint8Array(8 + text.length + 16);
  bytes.set(new TextEncoder().encode("PLF1"));
  new DataView(bytes.buffer).setUint32(4, text.length, true);
  bytes.set(new TextEncoder().encode(text), 8);
  bytes.set(new Uint8Array(Float32Array.of(0.5, -2).buffer), 8 + text.length);
  bytes.set([1, 0], 8 + text.length + 8);
  const {head: read, blocks} = unpack(bytes.buffer);
  assert.equal(read.version, 7);
  assert.deepEqual([...blocks.theta, ...blocks["dead/1"]], [0.5, -2, 1, 0]);
  assert.throws(() => unpack(new ArrayBuffer(16)), /no frame/);
});

test("θ is poured into rows of weights", () => {
  const layers = layersOf([{inputs: 2, outputs: 3}, {inputs: 3, outputs: 1}], new Float64Array(13));
  pour(layers, [11, 21, 31, 12, 22, 32, 1, 2, 3, 5, 6, 7, 8]); // Wᵀ, whose rows are the inputs
  assert.deepEqual([...layers[0].W], [11, 12, 21, 22, 31, 32]);
  assert.deepEqual([[...layers[0].b], [...layers[1].W], [...layers[1].b]], [[1, 2, 3], [5, 6, 7], [8]]);
});

test("a curve is thinned to means, and the nearest point is found", () => {
  const points = Array.from({length: 1000}, (_, k) => [k + 1, k < 3 ? 100 : 1, null]);
  const thin = thinned(points, 0, 1000, 100);
  assert.ok(thin.length <= 101);
  assert.equal(thin.at(-1)[1], 1);
  assert.ok(ceiling([thin]) < 100);
  assert.deepEqual(thinned([[1, null, null], [2, 0.5, null]], 0, 2, 5), [[2, 0.5]]);
  assert.equal(ceiling([]), 1);
  assert.equal(nearest(points, 500)[0], 500);
  assert.equal(nearest([[10, 1, null], [20, 2, null]], 14)[0], 10);
  assert.equal(nearest([[10, 1, null], [20, 2, null]], 99)[0], 20);
  assert.equal(nearest([], 3), null);
});

test("what neurons say of the plane stands where the plane has it", () => {
  const layers = layersOf([{inputs: 2, outputs: 1}], Float64Array.of(0, 1, 0)), net = {layers, activations: [z => z]};
  const {layers: [[said]]} = surfaces(net, [-1, -1], [1, 1], 3);
  assert.deepEqual([...said], [1, 1, 1, 0, 0, 0, -1, -1, -1]); // the rows from high y to low
  const line = {layers: layersOf([{inputs: 1, outputs: 1}], Float64Array.of(2, 0)), activations: [z => z]};
  assert.equal(pictures(line, {low: [-1], high: [1]}).of(1, 0).length, 400);
  const picture = asPicture(Float64Array.of(-1, 1, 0, 0));
  assert.deepEqual([picture[0], picture[1], picture[12], picture[13]], [0, 1, -1, 0]);
  assert.deepEqual(boxOf([[0, 0], [1, 2]]), {low: [-0.08, -0.16], high: [1.08, 2.16]});
});

test("an address says settings and a step, and gives them back; never where data are", () => {
  const settings = {hidden: [32, 16], activation: ["relu"], optimizer: "sgd", learning_rate: 0.5, dropout: 0, seed: 3, target: "secret", weight_decay: null};
  const text = toAddress(settings, "own:0123456789abcdef", 500);
  assert.equal(text, "hidden=32,16&activation=relu&optimizer=sgd&learning_rate=0.5&dropout=0&seed=3&step=500");
  const {asked, step} = fromAddress(text);
  assert.deepEqual(asked, {hidden: [32, 16], activation: ["relu"], optimizer: "sgd", learning_rate: 0.5, dropout: 0, seed: 3});
  assert.equal(step, 500);
  assert.equal(fromAddress(toAddress(settings, "toy:spirals-3", 0)).asked.data, "toy:spirals-3");
  assert.equal(fromAddress("data=own:12&token=x"), null);
  assert.equal(fromAddress(""), null);
});

test("a knob is a number, a choice, or nothing", () => {
  assert.equal(readKnob({kind: "number"}, "0.5"), 0.5);
  assert.equal(readKnob({kind: "number or none"}, " "), null);
  assert.equal(readKnob({kind: "number"}, "much"), undefined);
  assert.equal(readKnob({kind: "choice"}, "cosine"), "cosine");
});

test("a landscape comes as the drawings take it", () => {
  const surface = surfaceFrom({alphas: [-1, 0, 1], betas: [-1, 0], losses: [[1, 0.1, 20], [1, 0.5, null]], path: {steps: [0, 9], points: [[-1, 0], [0, 0]], chosen: 1}});
  assert.deepEqual([surface.rows, surface.columns, surface.centre, surface.low, surface.high], [2, 3, [1, 1], 0.1, 20]);
  assert.ok(surface.lines.log.every(level => level > 0.1 && level < 20));
  assert.ok(Number.isNaN(surface.losses[5]));
});

test("the tour has at most eight cards, and numbers stand in groups", () => {
  assert.ok(CARDS.length <= 8);
  assert.ok(Object.values(WORDS).every(text => text.length > 0));
  assert.deepEqual([group(5532), group(100), group(1234567)], ["5,532", "100", "1,234,567"]);
});
