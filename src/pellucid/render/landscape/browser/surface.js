// The surface as numbers: what the page holds, and where a loss, an α and a β stand on it. No page is needed here.

/**
 * @typedef {"log" | "linear"} Scale
 * @typedef {[first: number, last: number, count: number, zero: number]} Axis
 * @typedef {[x: number, y: number]} Point
 * @typedef {[i: number, j: number]} Place  row (β) and column (α) of the grid
 * @typedef {number | null} Loss  null where there is no number
 * @typedef {object} Path
 * @property {number[]} steps
 * @property {Point[]} points  α and β of each
 * @property {Loss[]} losses  of each network itself
 * @property {Loss[]} plane  of the point of the plane that is nearest to it
 * @property {number[]} distances  between the two
 * @property {number} chosen  which of them is the trained network
 * @typedef {object} Data
 * @property {Axis} alphas
 * @property {Axis} betas
 * @property {string} losses  base64 of float32, row after row
 * @property {Point} range  the lowest and the highest loss
 * @property {[string, string]} labels
 * @property {boolean} logarithmic
 * @property {Record<Scale, number[] | null>} lines  the losses that have a line of their own
 * @property {Path | null} path
 * @typedef {object} Surface
 * @property {number[]} alphas
 * @property {number[]} betas
 * @property {number} columns
 * @property {number} rows
 * @property {Float32Array} losses  the loss at betas[i], alphas[j] is at i * columns + j
 * @property {Place} centre  where the trained network is
 * @property {number} low
 * @property {number} high
 * @property {[string, string]} labels
 * @property {Data["lines"]} lines
 * @property {Path | null} path
 */

/** @param {Axis} axis */
function values([first, last, count, zero]) {
  return Array.from({ length: count }, (_, k) => (k - zero) * (last - first) / (count - 1));
}

/**
 * @param {Data} data
 * @returns {Surface}
 */
export function surfaceOf(data) {
  const alphas = values(data.alphas), betas = values(data.betas);
  const bytes = Uint8Array.from(atob(data.losses), (mark) => mark.charCodeAt(0));
  const [low, high] = data.range, { labels, lines, path } = data;
  return {
    alphas, betas, columns: alphas.length, rows: betas.length, losses: new Float32Array(bytes.buffer),
    centre: [data.betas[3], data.alphas[3]], low, high, labels, lines, path,
  };
}

/**
 * Where a loss stands between the lowest, 0, and the highest, 1; no number counts as the highest.
 * @param {Surface} surface
 * @param {Scale} scale
 * @param {Loss} loss
 */
export function share({ low, high }, scale, loss) {
  if (loss === null || !Number.isFinite(loss)) return 1;
  const f = scale === "log" ? Math.log : (/** @type {number} */ x) => x;
  return Math.min(1, Math.max(0, (f(Math.max(loss, low)) - f(low)) / (f(high) - f(low))));
}

/**
 * The share of every point of the grid, row after row.
 * @param {Surface} surface
 * @param {Scale} scale
 */
export function sharesOf(surface, scale) {
  return Float64Array.from(surface.losses, (loss) => share(surface, scale, loss));
}

/**
 * @param {Surface} surface
 * @param {number} alpha
 */
export function column({ alphas, columns }, alpha) {
  return (alpha - alphas[0]) / (alphas[columns - 1] - alphas[0]) * (columns - 1);
}

/**
 * @param {Surface} surface
 * @param {number} beta
 */
export function row({ betas, rows }, beta) {
  return (beta - betas[0]) / (betas[rows - 1] - betas[0]) * (rows - 1);
}

/**
 * A share between grid points, from the four around it; x and y in columns and rows.
 * @param {Surface} surface
 * @param {Float64Array} shares
 * @param {number} x
 * @param {number} y
 */
export function between({ columns, rows }, shares, x, y) {
  const j = Math.min(columns - 2, Math.max(0, Math.floor(x))), i = Math.min(rows - 2, Math.max(0, Math.floor(y)));
  const u = x - j, v = y - i, k = i * columns + j;
  return (1 - v) * ((1 - u) * shares[k] + u * shares[k + 1]) +
    v * ((1 - u) * shares[k + columns] + u * shares[k + columns + 1]);
}

/**
 * A place of the grid, kept within it.
 * @param {Surface} surface
 * @param {number} i
 * @param {number} j
 * @returns {Place}
 */
export function within({ rows, columns }, i, j) {
  return [Math.min(rows - 1, Math.max(0, i)), Math.min(columns - 1, Math.max(0, j))];
}

/**
 * How tall the plane is for its width; kept within what can be looked at.
 * @param {Surface} surface
 */
export function proportion({ alphas, betas, columns, rows }) {
  return Math.min(1.2, Math.max(0.4, (betas[rows - 1] - betas[0]) / (alphas[columns - 1] - alphas[0])));
}

/**
 * The lines of equal loss, as pieces through the triangles of the grid; their ends in columns and rows.
 * @param {Surface} surface
 * @param {Float64Array} shares
 * @param {number} level  a share
 */
export function lineAt({ columns, rows }, shares, level) {
  /** @type {[Point, Point][]} */
  const pieces = [];
  for (let i = 0; i < rows - 1; i++) {
    for (let j = 0; j < columns - 1; j++) {
      for (const corners of [[[i, j], [i, j + 1], [i + 1, j + 1]], [[i, j], [i + 1, j + 1], [i + 1, j]]]) {
        /** @type {Point[]} */
        const cut = [];
        for (let k = 0; k < 3; k++) {
          const [a, b] = [corners[k], corners[(k + 1) % 3]];
          const from = shares[a[0] * columns + a[1]] - level, to = shares[b[0] * columns + b[1]] - level;
          if (from < 0 === to < 0) continue;
          const way = from / (from - to);
          cut.push([a[1] + way * (b[1] - a[1]), a[0] + way * (b[0] - a[0])]);
        }
        if (cut.length === 2) pieces.push([cut[0], cut[1]]);
      }
    }
  }
  return pieces;
}

/**
 * The turn, in degrees, that brings the lowest corner to the front, so that no wall stands before the rest.
 * @param {Surface} surface
 * @param {Float64Array} shares
 */
export function bestTurn({ columns, rows }, shares) {
  const mean = (/** @type {number} */ count, /** @type {(k: number) => number} */ at) =>
    Array.from({ length: count }, (_, k) => shares[at(k)]).reduce((sum, value) => sum + value, 0) / count;
  const left = mean(rows, (i) => i * columns), right = mean(rows, (i) => (i + 1) * columns - 1);
  const front = mean(columns, (j) => j), back = mean(columns, (j) => (rows - 1) * columns + j);
  const corners = [[right + front, -35], [left + front, 35], [right + back, -145], [left + back, 145]];
  return corners.reduce((best, other) => (other[0] < best[0] - 1e-6 ? other : best))[1];
}
