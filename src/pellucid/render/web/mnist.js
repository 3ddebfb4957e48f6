// A picture in MNIST's form, step by step as pellucid/datasets/formats/images.py does it: light on dark, the ink in a box of
// 20 × 20, its centre of mass in the middle of 28 × 28.

/** @typedef {{h: number, w: number, p: Float64Array}} Picture p holds h · w values, 0 to 255 */

const FIELD = 28, BOX = 20, MIDDLE = 14, LARGEST = 256, CONTRAST = 20;

/** @param {ArrayLike<number>} values */
function sum(values) {
  let all = 0;
  for (let i = 0; i < values.length; i++) all += values[i];
  return all;
}
/** @param {ArrayLike<number>} values */
const mean = values => sum(values) / values.length;
/** @param {ArrayLike<number>} values */
const sorted = values => Float64Array.from(values).sort();

/** @param {number} h @param {number} w @param {(y: number, x: number, i: number) => number} value @returns {Picture} */
export function image(h, w, value) {
  const p = new Float64Array(h * w);
  for (let y = 0, i = 0; y < h; y++) for (let x = 0; x < w; x++, i++) p[i] = value(y, x, i);
  return {h, w, p};
}

// To the nearest whole number; from the middle between two to the even one.
/** @param {number} x */
function even(x) {
  const down = Math.floor(x), rest = x - down;
  return rest === 0.5 ? down + (down % 2 === 0 ? 0 : 1) : Math.round(x);
}

/** @param {ArrayLike<number>} values @param {number} share */
function percentile(values, share) {
  const order = sorted(values), at = (order.length - 1) * share, k = Math.floor(at);
  return k + 1 < order.length ? order[k] + (order[k + 1] - order[k]) * (at - k) : order[k];
}

// The values with `low` at 0 and `high` at 255.
/** @param {Picture} picture @param {number} low @param {number} high @returns {Picture} */
function stretch({h, w, p}, low, high) {
  const share = 255 / Math.max(high - low, 1e-9);
  return {h, w, p: p.map(x => even(Math.min(255, Math.max(0, (x - low) * share))))};
}

/** @param {Picture} picture */
function border({h, w, p}) {
  const row = (/** @type {number} */ y) => Array.from(p.subarray(y * w, (y + 1) * w)), column = (/** @type {number} */ x) => Array.from({length: h}, (_, y) => p[y * w + x]);
  return [...row(0), ...row(h - 1), ...column(0), ...column(w - 1)];
}

// The grey value up to which a pixel counts as dark, so that dark and light differ most (Otsu, 1979).
/** @param {Picture} picture */
function otsu({p}) {
  const share = new Float64Array(256), step = 1 / p.length;
  p.forEach(x => { share[x] += 1; });
  const whole = sum(share.map((n, x) => n * step * x));
  let below = 0, mu = 0, best = -1, threshold = 0;
  for (let t = 0; t < 255; t++) {
    below += share[t] * step;
    mu += share[t] * step * t;
    const between = (whole * below - mu) ** 2 / Math.max(below * (1 - below), 1e-12);
    if (between > best) { best = between; threshold = t; }
  }
  return threshold;
}

// The rows and the columns that hold ink: [top, bottom, left, right], or null.
/** @param {Picture} picture @returns {number[] | null} */
function extent({h, w, p}) {
  /** @type {number[] | null} */
  let found = null;
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) if (p[y * w + x] > 0) {
    found ??= [y, y, x, x];
    found = [found[0], y, Math.min(found[2], x), Math.max(found[3], x)];
  }
  return found;
}

/** @param {Picture} picture */
function centreOfMass({w, p}) {
  const total = sum(p);
  return [sum(p.map((x, i) => x * Math.floor(i / w))) / total, sum(p.map((x, i) => x * (i % w))) / total];
}

/** @param {Picture} grey */
function isMnist(grey) {
  const found = grey.h === FIELD && grey.w === FIELD && percentile(border(grey), 0.5) === 0 ? extent(grey) : null;
  if (!found) return false;
  const longer = Math.max(found[1] - found[0], found[3] - found[2]) + 1;
  return longer >= BOX - 1 && longer <= BOX && centreOfMass(grey).every(c => Math.abs(c - MIDDLE) < 0.55);
}

// One line of `size` values made `to` long: each is a mean with a triangle of weights (in 2⁻²² as in Pillow).
/** @typedef {{first: number, w: number[]}} Line where the weights of a value begin, and what they are */
/** @param {number} size @param {number} to @returns {Line[]} */
function weights(size, to) {
  const scale = size / to, reach = Math.max(scale, 1);
  return Array.from({length: to}, (_, k) => {
    const centre = (k + 0.5) * scale, first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(size, Math.trunc(centre + reach + 0.5));
    const w = Array.from({length: end - first}, (_, i) => Math.max(0, 1 - Math.abs((i + first - centre + 0.5) / reach)));
    const whole = sum(w);
    return {first, w: w.map(x => Math.trunc(0.5 + x / whole * 2 ** 22))};
  });
}

/** @param {Line} line @param {Float64Array} p @param {number} from where a line begins @param {number} step to its next value */
function mixed({w, first}, p, from, step) {
  let all = 2 ** 21;
  for (let i = 0; i < w.length; i++) all += w[i] * p[from + (first + i) * step];
  return Math.min(255, Math.max(0, Math.floor(all / 2 ** 22)));
}

/** @param {Picture} picture @param {number} to @returns {Picture} */
function narrowed({h, w, p}, to) {
  const lines = weights(w, to);
  return w === to ? {h, w, p} : image(h, to, (y, x) => mixed(lines[x], p, y * w, 1));
}

/** @param {Picture} picture @param {number} to @returns {Picture} */
function flattened({h, w, p}, to) {
  const lines = weights(h, to);
  return h === to ? {h, w, p} : image(to, w, (y, x) => mixed(lines[y], p, x, w));
}

// Rows first, but columns first where that saves work: Pillow's order, for each pass is rounded.
/** @param {Picture} grey @param {number} h @param {number} w */
export function resized(grey, h, w) {
  return grey.h > h && grey.h - h > 2 * (grey.w - w) ? narrowed(flattened(grey, h), w) : flattened(narrowed(grey, w), h);
}

// The coefficients of the plane u · y + v · x + c through values at places, by least squares.
/** @param {number[][]} places @param {number[]} values */
function planeThrough(places, values) {
  const A = [0, 1, 2].map(i => [...[0, 1, 2].map(j => sum(places.map(q => q[i] * q[j]))), sum(places.map((q, k) => q[i] * values[k]))]);
  for (let i = 0; i < 3; i++) {
    if (Math.abs(A[i][i]) < 1e-12) continue;
    for (let j = 0; j < 3; j++) if (j !== i) {
      const share = A[j][i] / A[i][i];
      A[j] = A[j].map((x, k) => x - share * A[i][k]);
    }
  }
  return A.map((row, i) => Math.abs(row[i]) < 1e-12 ? 0 : row[3] / row[i]);
}

// Subtract the paper, which may lie half in the shadow: a plane through what of the border is paper.
/** @param {Picture} grey */
function levelled(grey) {
  const {h, w, p} = grey, place = (/** @type {number} */ i) => [Math.floor(i / w) / h, i % w / w, 1];
  const places = border({h, w, p: p.map((_, i) => i)}).map(place), values = border(grey);
  const at = (/** @type {number[]} */ plane, /** @type {number[]} */ q) => plane[0] * q[0] + plane[1] * q[1] + plane[2];
  let rest = values.map(() => 0), plane = [0, 0, 0];
  for (let round = 0; round < 3; round++) {
    const most = percentile(rest, 0.75), keep = [...values.keys()].filter(k => rest[k] <= most);
    plane = planeThrough(keep.map(k => places[k]), keep.map(k => values[k]));
    rest = values.map((x, k) => even(x - at(plane, places[k])));
  }
  const [down, across, level] = plane;
  return stretch(image(h, w, (y, x, i) => p[i] - (down * (y / h) + across * (x / w) + level)), 0, 255);
}

// Whether each pixel, with its eight neighbours, has at least `least` that are light.
/** @param {Picture} picture @param {number} least */
function around({h, w, p}, least) {
  const count = new Uint8Array(h * w);
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) if (p[y * w + x])
    for (let v = Math.max(0, y - 1); v <= Math.min(h - 1, y + 1); v++)
      for (let u = Math.max(0, x - 1); u <= Math.min(w - 1, x + 1); u++) count[v * w + u] += 1;
  return image(h, w, (_y, _x, i) => Number(count[i] >= least));
}

// The ink from 0 to 255, with the paper and its grain at 0; null where there is none.
/** @param {Picture} grey @returns {Picture | null} */
function inkOf(grey) {
  const threshold = otsu(grey), {h, w, p} = grey;
  const light = p.filter(x => x > threshold), papers = p.length - light.length;
  if (!light.length || !papers) return null;
  let middle = 0, square = 0;
  for (let i = 0; i < p.length; i++) if (p[i] <= threshold) middle += p[i];
  middle /= papers;
  if (mean(light) - middle < CONTRAST) return null;
  for (let i = 0; i < p.length; i++) if (p[i] <= threshold) square += (p[i] - middle) ** 2;
  const spread = Math.sqrt(square / papers);
  const ink = stretch(grey, Math.min(middle + 2 * spread, threshold), percentile(light, 0.9));
  const lit = image(h, w, (_y, _x, i) => Number(p[i] > threshold)), crowd = around(lit, 2);
  const kept = {h, w, p: lit.p.map((x, i) => x * crowd.p[i])};
  const near = around(kept.p.some(x => x) ? kept : lit, 1);
  return {h, w, p: ink.p.map((x, i) => x * near.p[i])};
}

// The picture in MNIST's form, or null where there is no ink; one that has it already is not touched.
/** @param {Picture} grey @returns {Picture | null} */
export function toMnist(grey) {
  if (isMnist(grey)) return grey;
  if (percentile(border(grey), 0.5) > otsu(grey)) { // the paper is light
    grey = {...grey, p: grey.p.map(x => 255 - x)};
    if (isMnist(grey)) return grey;
  }
  const much = LARGEST / Math.max(grey.h, grey.w);
  if (much < 1) grey = resized(grey, Math.max(1, even(grey.h * much)), Math.max(1, even(grey.w * much)));
  const ink = inkOf(levelled(grey)), found = ink && extent(ink);
  if (!found) return null;
  const [top, bottom, left, right] = found, h = bottom - top + 1, w = right - left + 1, scale = BOX / Math.max(h, w);
  const cut = image(h, w, (y, x) => ink.p[(top + y) * ink.w + left + x]);
  const small = resized(cut, Math.max(1, even(h * scale)), Math.max(1, even(w * scale)));
  const digit = stretch(small, 0, small.p.reduce((a, b) => Math.max(a, b), 0));
  const [y0, x0] = centreOfMass(digit).map((c, k) => Math.min(Math.max(even(MIDDLE - c), 0), FIELD - (k ? digit.w : digit.h)));
  return image(FIELD, FIELD, (y, x) =>
    y >= y0 && y < y0 + digit.h && x >= x0 && x < x0 + digit.w ? digit.p[(y - y0) * digit.w + x - x0] : 0);
}
