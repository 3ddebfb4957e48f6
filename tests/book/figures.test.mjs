import assert from "node:assert/strict";
import {test} from "node:test";
import {descend, verdictOn} from "../../src/pellucid/book/figures/browser/descent.js";
import {edgeOf, pointOn} from "../../src/pellucid/book/figures/browser/places.js";

test("a descent goes against the slope, a step for each position", () => {
  assert.deepEqual(descend(1, 0.25, 3), [1, 0.5, 0.25, 0.125]);
  assert.deepEqual(descend(1, 1, 2), [1, -1, 1]);
});

test("what is said of a rate is what its steps do", () => {
  for (let k = 1; k <= 110; k++) {
    const rate = k / 100, [first, second] = descend(1, rate, 2).map(Math.abs), said = verdictOn(rate);
    assert.equal(said.startsWith("It runs away"), second > first + 1e-9, rate);
    assert.equal(said.includes("side to side"), descend(1, rate, 1)[1] < -1e-9 && rate <= 1, rate);
  }
  assert.match(verdictOn(0.5), /One step/);
  assert.match(verdictOn(0.01), /creeps/);
});

test("a line says its weight by its colour and its width, a point never leaves the picture", () => {
  assert.deepEqual([edgeOf(2), edgeOf(-0.5)], [{kind: "pos", width: 5}, {kind: "neg", width: 2}]);
  assert.deepEqual(pointOn(0, 0.5), [180, 50]);
  assert.deepEqual(pointOn(99, 1), [330, 10]);
  assert.deepEqual(pointOn(-99, 0), [30, 90]);
});
