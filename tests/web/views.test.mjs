import assert from "node:assert/strict";
import {test} from "node:test";
import {greatest, signedPixels} from "../../src/pellucid/render/web/ink.js";
import {answersAreNeurons, nameOf} from "../../src/pellucid/render/web/names.js";
import {edgesOf, strongest} from "../../src/pellucid/render/web/network_view.js";
import {orderOf} from "../../src/pellucid/render/web/neuron_pages.js";
import {activationLines, termsByColumn, termsBySize} from "../../src/pellucid/render/web/number_view.js";
import {forward, layersOf} from "../../src/pellucid/render/web/pass.js";

const sum = values => values.reduce((a, b) => a + b, 0);
const random = (seed => () => (seed = seed * 16807 % 2147483647) / 2147483647 - 0.5)(7);
const some = count => Float64Array.from({length: count}, random);

test("the terms shown and the rest come to the sum, whatever is shown", () => {
  const w = some(50), x = some(50), whole = sum(w.map((weight, i) => weight * x[i]));
  for (const count of [0, 1, 12, 50, 99]) {
    const {shown, rest, others} = termsBySize(w, x, count);
    assert.ok(Math.abs(sum(shown.map(term => term.product)) + rest - whole) < 1e-14);
    assert.equal(shown.length + others, 50);
    assert.deepEqual(shown, [...shown].sort((p, q) => Math.abs(q.product) - Math.abs(p.product)));
  }
});

test("so do the columns of a table, and each column the sum of its own terms", () => {
  const w = some(9), x = Float64Array.of(0.5, 0, 1, 0, 0, 2, -1, 0, 3), places = [[0, 1], [1, 5], [5, 7], [7, 8], [8, 9]];
  for (const count of [2, 5]) {
    const {shown, rest} = termsByColumn(w, x, places, count);
    for (const {part, terms} of shown) assert.ok(Math.abs(part - sum(terms.map(term => term.product))) < 1e-15);
    assert.ok(Math.abs(sum(shown.map(one => one.part)) + rest - sum(w.map((weight, i) => weight * x[i]))) < 1e-14);
  }
});

test("only the strongest edges of what is chosen, and none that carries nothing", () => {
  assert.deepEqual(strongest([0, -3, 1, 0, 2], 2), [1, 4]);
  const layers = layersOf([{inputs: 40, outputs: 30}, {inputs: 30, outputs: 30}], some(40 * 30 + 30 + 30 * 31));
  const net = {layers, activations: [z => Math.max(0, z), null]}, pass = forward(net, some(40));
  const alive = pass.a[1].findIndex(a => a > 0), idle = pass.a[1].indexOf(0);
  const edges = edgesOf(net, pass, 1, alive);
  assert.equal(edges.length, 32);
  for (const [l, i, k, j, value] of edges) assert.equal(value, layers[k - 1].W[j * layers[k - 1].inputs + i] * pass.a[l][i]);
  assert.equal(edgesOf(net, pass, 1, idle).filter(edge => edge[0] === 1).length, 0);
});

test("neurons are ordered by what they contribute to what is chosen in the next layer, else by the size of a", () => {
  const layers = layersOf([{inputs: 3, outputs: 4}, {inputs: 4, outputs: 2}], some(3 * 4 + 4 + 4 * 2 + 2));
  const pass = {a: [some(3), Float64Array.of(0.5, -2, 1, 0), some(2)], z: []};
  layers[1].W.set([0, 0, 0, 0, 6, 1, -4, 9]);
  assert.deepEqual(orderOf({layers}, pass, 1, [2, 1]), [2, 0, 1, 3]); // 3, −2, −4, 0
  for (const chosen of [null, [1, 2]]) assert.deepEqual(orderOf({layers}, pass, 1, chosen), [1, 2, 0, 3]);
  assert.equal(orderOf({layers}, pass, 2, [2, 0]).length, 2);
});

test("0 is clear, and the greatest number dense in the colour of its sign", () => {
  const ink = {pos: [1, 2, 3], neg: [4, 5, 6]}, values = [0, 0.5, -1];
  assert.deepEqual(Array.from(signedPixels(values, greatest(values), ink)), [4, 5, 6, 0, 1, 2, 3, 128, 4, 5, 6, 255]);
});

test("an activation is said with its formula and its number", () => {
  const relu = {f: "relu", words: {value: "max(0, z)"}, constants: {}};
  assert.deepEqual(activationLines(relu, [-2.87778], 0, 0), [["a", "max(0, z)", "max(0, −2.87778)", 0]]);
  const lines = activationLines({f: "softmax"}, Float64Array.of(0, Math.log(3)), 1, 0.75);
  assert.deepEqual(lines.map(line => line[0]), ["m", "s", "a"]);
  assert.ok(Math.abs(lines[1][3] - 4 / 3) < 1e-15);
});

test("a neuron of the last layer has the name of its answer where it has one of its own", () => {
  const model = {image: [28, 28], layers: [{outputs: 4}, {outputs: 2}], classes: ["no", "yes"], targets: []};
  assert.deepEqual([nameOf(model, 0, 29), nameOf(model, 1, 3), nameOf(model, 2, 1)], ["pixel (1, 1)", "neuron 3 of layer 1", "class yes"]);
  assert.ok(!answersAreNeurons({...model, layers: [{outputs: 1}]}));
});
