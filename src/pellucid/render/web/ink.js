// Numbers as ink: blue above 0, orange below, and 0 is the surface itself, so that pictures are right in the dark too.

/** @typedef {{pos: number[], neg: number[]}} Ink red, green and blue of numbers above and below 0 */

/** The colours of a page as its style sheet says them. @returns {Ink} */
export function inkOfPage() {
  const style = getComputedStyle(document.documentElement);
  const rgb = (/** @type {string} */ name) => [1, 3, 5].map(k => parseInt(style.getPropertyValue(name).trim().slice(k, k + 2), 16));
  return {pos: rgb("--pos"), neg: rgb("--neg")};
}

/**
 * Pixels (red, green, blue, how dense) of numbers; the greatest is dense, 0 is clear.
 * @param {ArrayLike<number>} values @param {number} most @param {Ink} ink
 */
export function signedPixels(values, most, ink) {
  const pixels = new Uint8ClampedArray(4 * values.length);
  for (let i = 0; i < values.length; i++) {
    pixels.set(values[i] > 0 ? ink.pos : ink.neg, 4 * i);
    pixels[4 * i + 3] = 255 * Math.abs(values[i]) / most;
  }
  return pixels;
}

/** The greatest size among numbers, or something above 0. @param {ArrayLike<number>} values */
export function greatest(values) {
  let most = 1e-12;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most;
}

/**
 * Draw numbers on a canvas, a pixel each.
 * @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} values @param {number[]} size height and width
 * @param {Ink} ink @param {number} [most]
 */
export function paintSigned(canvas, values, size, ink, most = greatest(values)) {
  paintPixels(canvas, signedPixels(values, most, ink), size);
}

/** Draw grey values from 0 to 255. @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} grey @param {number[]} size */
export function paintGrey(canvas, grey, size) {
  paintPixels(canvas, Uint8ClampedArray.from({length: 4 * grey.length}, (_, i) => i % 4 === 3 ? 255 : grey[i >> 2]), size);
}

/** @param {HTMLCanvasElement} canvas @param {Uint8ClampedArray<ArrayBuffer>} pixels @param {number[]} size */
function paintPixels(canvas, pixels, size) {
  const [height, width] = size;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, {width, height});
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
}
