// In three dimensions: the cells of the grid from back to front, and the pieces of the way with the cells they lie in.

/** @import { Point, Surface } from "./surface.js" */
/** @import { View } from "./view.js" */
/** @import { Pen } from "./drawing.js" */
/** @typedef {(i: number, j: number, height: number) => Point} Seen  where a row, a column and a height in 0..1 are seen */
/** @typedef {[i: number, j: number, height: number]} Spot */
/** @typedef {{ from: Spot, to: Spot, done: boolean }} Piece */
import { between, column, proportion, row, share } from "./surface.js";
import { LIGHT, prepare, rgb, seamed, sign, token, write } from "./drawing.js";
import { say } from "./words.js";

const FINE = 125, COARSE = 50;  // cells along a side, at rest and while it is turned
const HIGH = 1.1, FLOOR = -0.04;  // how high they are for half their width, and where they stand

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Surface} surface
 * @param {View} view
 * @param {number} most  how tall it may be
 * @returns {number}  how many cells were drawn
 */
export function drawHills(canvas, surface, view, most) {
  const [pen, width, height] = prepare(canvas, Math.min(canvas.clientWidth * 0.7, most)), { rows, columns } = surface;
  const [a, e] = [view.turn, view.tilt].map((degrees) => degrees * Math.PI / 180);
  const [sa, ca, se, ce] = [Math.sin(a), Math.cos(a), Math.sin(e), Math.cos(e)], deep = proportion(surface);
  const far = Math.hypot(1, deep), tall = HIGH * (1 - FLOOR) * ce + 2 * far * se;  // of all that any turn can show
  const size = view.zoom * Math.min((width - 80) / (2 * far), (height - 36) / tall);
  /** @type {Seen} */
  const seen = (i, j, h) => {
    const x = 2 * j / (columns - 1) - 1, y = deep * (2 * i / (rows - 1) - 1), z = HIGH * (h - (1 + FLOOR) / 2);
    return [width / 2 + 18 + size * (x * ca - y * sa), height / 2 - size * (z * ce + (x * sa + y * ca) * se)];
  };
  const ink = token(canvas, "--path");
  drawFloor(pen, surface, view, seen, token(canvas, "--ink"), token(canvas, "--edge"));
  const fine = view.dragging ? COARSE : FINE, I = places(rows, fine), J = places(columns, fine);
  const pieces = cut(surface, view, I, J);
  if (ca > 0) I.reverse();
  if (sa > 0) J.reverse();
  const at = (/** @type {number} */ i, /** @type {number} */ j) => view.shares[i * columns + j];
  for (let p = 0; p < I.length - 1; p++) {
    for (let q = 0; q < J.length - 1; q++) {
      const around = [[I[p], J[q]], [I[p], J[q + 1]], [I[p + 1], J[q + 1]], [I[p + 1], J[q]]];
      const t = around.map(([i, j]) => at(i, j));
      const slope = (t[1] + t[2] - t[0] - t[3]) * (sa > 0 ? -1 : 1) * columns / 100;
      pen.fillStyle = pen.strokeStyle = rgb((t[0] + t[1] + t[2] + t[3]) / 4, 1 - Math.min(0.2, Math.abs(slope) * 0.25));
      pen.lineWidth = 0.8;
      pen.beginPath();
      around.forEach(([i, j], k) => pen.lineTo(...seen(i, j, t[k])));
      pen.closePath();
      pen.fill(); pen.stroke();
      for (const { from, to, done } of pieces.get(`${Math.min(I[p], I[p + 1])},${Math.min(J[q], J[q + 1])}`) ?? []) {
        const ends = [seen(...from), seen(...to)];
        pen.lineCap = "butt";  // no piece lies on the end of another
        if (done) seamed(pen, ends, ink, 2);
        else seamed(pen, ends, LIGHT, 0.5);
      }
    }
  }
  const spot = (/** @type {Point} */ [alpha, beta]) => {
    const x = column(surface, alpha), y = row(surface, beta);
    return seen(y, x, between(surface, view.shares, x, y));
  };
  const { path, centre } = surface;
  if (path) {
    sign(pen, spot(path.points[0]), "start", ink);
    if (view.step !== path.chosen && view.step !== 0) sign(pen, spot(path.points[view.step]), "now", ink);
  }
  sign(pen, spot([0, 0]), "trained", ink);
  const [i, j] = view.at;
  if (i !== centre[0] || j !== centre[1]) sign(pen, seen(i, j, at(i, j)), "looked", ink);
  return (I.length - 1) * (J.length - 1);
}

/**
 * Every so-manieth place of a grid line, the last one included.
 * @param {number} count
 * @param {number} most
 */
export function places(count, most) {
  const stride = Math.ceil((count - 1) / most), found = [];
  for (let k = 0; k < count - 1; k += stride) found.push(k);
  return [...found, count - 1];
}

/**
 * The way in pieces shorter than a cell, by the cell that each lies in.
 * @param {Surface} surface
 * @param {View} view
 * @param {number[]} I
 * @param {number[]} J
 */
function cut(surface, view, I, J) {
  /** @type {Map<string, Piece[]>} */
  const pieces = new Map(), points = surface.path ? surface.path.points : [];
  const below = (/** @type {number[]} */ places, /** @type {number} */ value) =>
    places.filter((place, k) => k < places.length - 1 && place <= value).pop() ?? 0;
  for (let k = 0; k < points.length - 1; k++) {
    const [from, to] = [points[k], points[k + 1]].map(([alpha, beta]) => [row(surface, beta), column(surface, alpha)]);
    const count = Math.ceil(3 * Math.hypot(to[0] - from[0], to[1] - from[1])) || 1;
    const along = (/** @type {number} */ n, /** @type {0 | 1} */ c) => from[c] + n / count * (to[c] - from[c]);
    /** @type {(n: number) => Spot} */
    const spot = (n) => [along(n, 0), along(n, 1), between(surface, view.shares, along(n, 1), along(n, 0)) + 0.012];
    for (let n = 0; n < count; n++) {
      const key = `${below(I, along(n + 0.5, 0))},${below(J, along(n + 0.5, 1))}`;
      pieces.set(key, [...pieces.get(key) ?? [], { from: spot(n), to: spot(n + 1), done: k < view.step }]);
    }
  }
  return pieces;
}

/**
 * What the hills stand on, and how high they are.
 * @param {Pen} pen
 * @param {Surface} surface
 * @param {View} view
 * @param {Seen} seen
 * @param {string} ink
 * @param {string} edge
 */
function drawFloor(pen, surface, view, seen, ink, edge) {
  const { rows, columns } = surface;
  const corners = [[0, 0], [0, columns - 1], [rows - 1, columns - 1], [rows - 1, 0]];
  const feet = corners.map(([i, j]) => seen(i, j, FLOOR));
  pen.strokeStyle = edge; pen.lineWidth = 1;
  pen.beginPath();
  for (const foot of feet) pen.lineTo(...foot);
  pen.closePath();
  pen.stroke();
  pen.textAlign = "center";
  const front = (/** @type {Point} */ one, /** @type {Point} */ other) =>
    (seen(...one, FLOOR)[1] > seen(...other, FLOOR)[1] ? one : other);
  const names = /** @type {[string, Point][]} */ ([
    ["α", front([-rows * 0.06, columns / 2], [rows * 1.06, columns / 2])],
    ["β", front([rows / 2, -columns * 0.06], [rows / 2, columns * 1.06])],
  ]);
  for (const [name, place] of names) {
    const [x, y] = seen(...place, FLOOR);
    write(pen, name, x, y + 8, ink);
  }
  const [i, j] = corners[feet.indexOf(feet.reduce((one, other) => (one[0] < other[0] ? one : other)))];
  const [foot, head] = [seen(i, j, FLOOR), seen(i, j, 1)];
  pen.strokeStyle = edge; pen.lineWidth = 1;
  pen.beginPath(); pen.moveTo(...foot); pen.lineTo(...head); pen.stroke();
  pen.textAlign = "right";
  let last = Infinity;
  for (const level of surface.lines[view.scale] ?? []) {
    const [x, y] = seen(i, j, share(surface, view.scale, level));
    if (last - y < 14) continue;
    last = y;
    pen.beginPath(); pen.moveTo(x - 4, y); pen.lineTo(x, y); pen.stroke();
    write(pen, say(level), x - 7, y + 4, ink);
  }
  write(pen, "loss", head[0] - 2, Math.min(head[1], last) - 12, ink);
  pen.textAlign = "left";
}
