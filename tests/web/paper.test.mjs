import assert from "node:assert/strict";
import {test} from "node:test";
import {toMnist} from "../../src/pellucid/render/web/mnist.js";
import {beginStroke, emptySheet, greyPixels, pixelsOf, putPicture, undoChange} from "../../src/pellucid/render/web/paper.js";

const state = ({base, strokes}) => JSON.stringify([base, strokes]);

test("as many undos as changes lead back through every state", () => {
  const sheet = emptySheet(), seen = [];
  const changes = [() => beginStroke(sheet, [1, 1]).push([2, 2]), () => putPicture(sheet, [7, 8]), () => beginStroke(sheet, [3, 3]),
    () => putPicture(sheet, null), () => beginStroke(sheet, [4, 4])];
  for (const change of changes) { seen.push(state(sheet)); change(); }
  while (seen.length) { undoChange(sheet); assert.equal(state(sheet), seen.pop()); }
  undoChange(sheet);
  assert.equal(state(sheet), state(emptySheet()));
});

test("to clear an empty paper is no change", () => {
  const sheet = emptySheet();
  putPicture(sheet, null);
  assert.equal(sheet.past.length, 0);
});

test("a picture takes the place of the strokes, and strokes lie over a picture", () => {
  const sheet = emptySheet();
  beginStroke(sheet, [1, 1]);
  putPicture(sheet, [7]);
  assert.deepEqual([sheet.base, sheet.strokes], [[7], []]);
  beginStroke(sheet, [2, 2]);
  assert.deepEqual([sheet.base, sheet.strokes.length], [[7], 1]);
});

test("grey is what Pillow makes of colours", () => {
  assert.deepEqual(Array.from(greyPixels([255, 255, 255, 255, 255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255], 2, 2).p), [255, 76, 150, 29]);
});

test("a digit has its ink in a box of 20 × 20 and its middle in the middle", () => {
  const p = new Float64Array(280 * 280);
  for (let y = 30; y < 130; y++) for (let x = 180; x < 200; x++) p[280 * y + x] = 255;
  const pixels = pixelsOf({h: 280, w: 280, p}, {size: [28, 28], form: "mnist"});
  const rows = [...pixels.keys()].filter(i => pixels[i] > 0).map(i => Math.floor(i / 28));
  assert.deepEqual([Math.min(...rows), Math.max(...rows)], [4, 23]);
  assert.deepEqual(toMnist({h: 28, w: 28, p: pixels}).p, pixels);
  assert.equal(pixelsOf({h: 280, w: 280, p: new Float64Array(280 * 280)}, {size: [28, 28], form: "mnist"}), null);
});
