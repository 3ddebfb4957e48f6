import assert from "node:assert/strict";
import {test} from "node:test";
import {percent, put, say, short, signed} from "../../src/pellucid/render/web/numbers.js";

test("a number has six digits, a true minus, and more digits near 1", () => {
  assert.deepEqual([-2.87778, 0, -0, 1 / 3, 1 - 2.21e-7, -1.5e-7, 123456.7, 3e12].map(say),
    ["−2.87778", "0", "0", "0.333333", "0.999999779", "−1.5e−7", "123457", "3e+12"]);
});

test("in a table it fits into seven characters and has its sign", () => {
  for (const value of [0, 1, -1, 12.3456, -999.96, 12345.6, 1e-9, -3.25e20]) assert.ok(short(value).length <= 8, short(value));
  assert.deepEqual([0.2214, -0.285, 0].map(signed), ["+0.221", "−0.285", "0"]);
});

test("100 % and 0 % are said of 1 and 0 alone", () => {
  for (let k = 1; k < 53; k++) {
    assert.ok(!percent(1 - 2 ** -k).startsWith("100"), percent(1 - 2 ** -k));
    assert.ok(!/^0(\.0+)? /.test(percent(2 ** -k)), percent(2 ** -k));
  }
  assert.deepEqual([1, 0, 0.9994, 0.99951, 0.5658, 1e-9].map(percent),
    ["100 %", "0 %", "99.9 %", ">99.9 %", "56.6 %", "<0.1 %"]);
});

test("numbers take the places of letters, and of no part of a name", () => {
  assert.equal(put("max(0, z)", {z: -2.87778}), "max(0, −2.87778)");
  assert.equal(put("exp(z − m) / s", {z: -1, m: -2, s: 3}), "exp(−1 − (−2)) / 3");
  assert.equal(put("1 − a²", {a: -0.5}), "1 − (−0.5)²");
  assert.equal(put("1e−300 · z", {e: 5, z: 2}), "1e−300 · 2");
});
