import assert from "node:assert/strict";
import {test} from "node:test";
import {inputsOf} from "../../src/pellucid/render/web/columns.js";
import {cellsOf, pasteRow} from "../../src/pellucid/render/web/form.js";
import {levelIn, read} from "../../src/pellucid/render/web/texts.js";

const calendar = {day: 86400, monday: 4, cycles: {week: 7}};

test("columns become inputs, and a gap says so", () => {
  const columns = [{kind: "number", mean: 10, scale: 4, fill: 12, gaps: true}, {kind: "category", levels: ["x", "y"], others: true, gaps: false}];
  assert.deepEqual(inputsOf(columns, [6, "y"], calendar), [-1, 0, 0, 1, 0]);
  assert.deepEqual(inputsOf(columns, [null, "z"], calendar), [0.5, 1, 0, 0, 1]);
  assert.deepEqual(inputsOf(null, [1, null], calendar), [1, 0]);
});

test("the day after the seventh is the first again", () => {
  const date = [{kind: "date", mean: 0, scale: 1, fill: 0, cycles: ["week"], gaps: false}];
  const [, s, c] = inputsOf(date, [4 * 86400], calendar), [, later, other] = inputsOf(date, [11 * 86400], calendar);
  assert.deepEqual([s, c], [0, 1]);
  assert.deepEqual([later, other], [0, 1]);
});

test("cells are cut at tabs, semicolons or commas, and a cell in quotes holds them", () => {
  assert.deepEqual(cellsOf('a,"b, ""c"""\r\n1,2'), [["a", 'b, "c"'], ["1", "2"]]);
  assert.deepEqual(cellsOf("1\t2"), [["1", "2"]]);
});

test("a pasted row goes into the fields that it names", () => {
  const taken = {}, fields = ["a", "b"].map(name => ({put: text => { taken[name] = text; return text !== "?"; }}));
  assert.equal(pasteRow("b,a\n1,2", [{name: "a"}, {name: "b"}], fields), "2 of 2 values taken.");
  assert.deepEqual(taken, {a: "2", b: "1"});
  assert.match(pasteRow("1,?", [{name: "a"}, {name: "b"}], fields), /Cannot be read: b: \?\.$/);
});

test("texts are read as in training", () => {
  assert.equal(read({kind: "number"}, "-3e2"), -300);
  assert.equal(read({kind: "number"}, "0x10"), undefined);
  assert.equal(read({kind: "number"}, ""), null);
  assert.equal(read({kind: "date"}, "2026-02-30"), undefined);
  assert.equal(levelIn(["3067", "x"])("3067.0"), "3067");
});
