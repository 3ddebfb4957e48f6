import assert from "node:assert/strict";
import {test} from "node:test";
import {backward} from "../../src/pellucid/render/web/backward.js";
import {forward, layersOf} from "../../src/pellucid/render/web/pass.js";
import {stepsBack, within} from "../../src/pellucid/render/web/walk.js";

const net = {
  layers: layersOf([{inputs: 2, outputs: 3}, {inputs: 3, outputs: 2}], Float64Array.from({length: 17}, (_, k) => Math.sin(2 * k + 1))),
  activations: [Math.tanh, null], slopes: [(z, a) => 1 - a * a, () => 1],
  loss: {part: (z, a, y, q) => -y * q, delta: (a, y) => a - y, shared: null, sum: true},
};
const model = {
  layers: [{outputs: 3, words: {slope: "(1 − a²)"}, constants: {}}, {outputs: 2, words: {slope: ""}, constants: {}}],
  classes: ["0", "1"], features: ["p", "q"], targets: [], loss: {name: "cross-entropy", words: {value: "−log(a)", single: true, delta: "a − y"}, constants: {}},
};
const pass = forward(net, [0.5, -1]), back = backward(net, pass, [0, 1]);

test("the way goes from the loss to the first layer, a formula at a time", () => {
  const names = stepsBack(model, net, pass, back, null, 0.1).map(step => step.step);
  assert.deepEqual(names, ["loss", "delta2", "dW2", "db2", "W2", "b2", "dLoss/da1", "delta1", "dW1", "db1", "W1", "b1"]);
});

test("each formula with its numbers comes to its value", () => {
  for (const {numbers, value, step} of stepsBack(model, net, pass, back, [1, 2], 0.1)) {
    if (!numbers) continue;
    const text = numbers.replaceAll("−", "-").replaceAll("·", "*").replaceAll("²", "**2").replaceAll("log", "Math.log");
    const found = Function(`return ${text}`)();
    assert.ok(Math.abs(found - value) < 2e-5, `${step}: ${numbers} = ${found}, not ${value}`);
  }
});

test("the opened neuron is the one that is followed in its layer", () => {
  const steps = stepsBack(model, net, pass, back, [1, 2], 0.1);
  assert.ok(steps.filter(step => step.layer === 1).every(step => step.neuron === 2));
  assert.equal(steps.find(step => step.step === "delta1").value, back.delta[0][2]);
});

test("letters get the places of one neuron, and names that hold them do not", () => {
  assert.equal(within("max(0, z) · a − y", 2, 5), "max(0, z2[5]) · a2[5] − y[5]");
});
