// From above: colours, lines of equal loss, the way of training, and the point that is looked at.

/** @import { Place, Point, Surface } from "./surface.js" */
/** @import { View } from "./view.js" */
/** @import { Pen } from "./drawing.js" */
import { between, column, lineAt, proportion, row, share } from "./surface.js";
import { DARK, LIGHT, colour, prepare, rgb, seamed, sign, token, write } from "./drawing.js";
import { say } from "./words.js";

const LEFT = 46, RIGHT = 8, ABOVE = 8, BELOW = 40;  // what axes and their names take, in CSS pixels
const BRIGHT = 0.6;  // the share from which on the colours are bright

/**
 * Where the plane stands within its canvas: as tall for its width as it is, and no taller than `most`.
 * @typedef {{ left: number, top: number, wide: number, tall: number }} Frame
 * @param {Surface} surface
 * @param {number} width  of the canvas
 * @param {number} most
 * @returns {Frame}
 */
export function frameOf(surface, width, most) {
  const room = width - LEFT - RIGHT, tall = Math.min(most, room * proportion(surface));
  return { left: LEFT, top: ABOVE, wide: tall / proportion(surface), tall };
}

/**
 * The place of the grid that is nearest to a point of the canvas; null beside the plane.
 * @param {Surface} surface
 * @param {Frame} frame
 * @param {Point} point
 * @returns {Place | null}
 */
export function placeAt({ rows, columns }, { left, top, wide, tall }, [x, y]) {
  const u = (x - left) / wide, v = 1 - (y - top) / tall;
  return u < 0 || u > 1 || v < 0 || v > 1 ? null : [Math.round(v * (rows - 1)), Math.round(u * (columns - 1))];
}

/**
 * The colours of so many dots across and down, four bytes each.
 * @param {Surface} surface
 * @param {Float64Array} shares
 * @param {number} across
 * @param {number} down
 */
export function paint(surface, shares, across, down) {
  const palette = Array.from({ length: 256 }, (_, k) => colour(k / 255)), dots = new Uint8ClampedArray(4 * across * down);
  for (let p = 0, y = 0; y < down; y++) {
    const i = (1 - y / (down - 1)) * (surface.rows - 1);
    for (let x = 0; x < across; x++) {
      const t = between(surface, shares, x / (across - 1) * (surface.columns - 1), i);
      const [red, green, blue] = palette[Math.round(255 * t)];
      dots[p++] = red; dots[p++] = green; dots[p++] = blue; dots[p++] = 255;
    }
  }
  return dots;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Surface} surface
 * @param {View} view
 * @param {number} most  how tall it may be
 * @returns {Frame}
 */
export function drawMap(canvas, surface, view, most) {
  const frame = frameOf(surface, canvas.clientWidth, most), { left, top, wide, tall } = frame;
  const [pen] = prepare(canvas, top + tall + BELOW);
  /** @type {(j: number, i: number) => Point} */
  const at = (j, i) => [left + j / (surface.columns - 1) * wide, top + (1 - i / (surface.rows - 1)) * tall];
  const on = (/** @type {Point} */ [alpha, beta]) => at(column(surface, alpha), row(surface, beta));
  const way = surface.path ? surface.path.points.map(on) : [];
  pen.drawImage(ground(surface, view, frame, at, [on([0, 0]), ...way]), left, top, wide, tall);
  drawAxes(pen, surface, frame, token(canvas, "--ink"));
  const ink = token(canvas, "--path");
  if (surface.path) {
    const { chosen } = surface.path;
    pen.setLineDash([1, 5]);
    seamed(pen, way.slice(view.step), LIGHT, 1);
    pen.setLineDash([]);
    seamed(pen, way.slice(0, view.step + 1), ink, 2.5);
    sign(pen, way[0], "start", ink);
    sign(pen, way[chosen], "trained", ink);
    if (view.step !== chosen && view.step !== 0) sign(pen, way[view.step], "now", ink);
  } else sign(pen, on([0, 0]), "trained", ink);
  const [i, j] = view.at;
  if (i !== surface.centre[0] || j !== surface.centre[1]) sign(pen, at(j, i), "looked", ink);
  return frame;
}

/** @type {{ key: string, canvas: HTMLCanvasElement | null }} */
const kept = { key: "", canvas: null };
/**
 * The colours and the lines of equal loss, made anew only where size or scale have changed.
 * @param {Surface} surface
 * @param {View} view
 * @param {Frame} frame
 * @param {(j: number, i: number) => Point} at
 * @param {Point[]} taken  where no label may stand
 */
function ground(surface, view, { left, top, wide, tall }, at, taken) {
  const dots = window.devicePixelRatio || 1, across = Math.round(wide * dots), down = Math.round(tall * dots);
  const key = [view.scale, across, down, left].join();
  if (kept.canvas && kept.key === key) return kept.canvas;
  const canvas = kept.canvas = document.createElement("canvas");
  kept.key = key;
  Object.assign(canvas, { width: across, height: down });
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser draws nothing");
  pen.putImageData(new ImageData(paint(surface, view.shares, across, down), across, down), 0, 0);
  pen.setTransform(across / wide, 0, 0, down / tall, -left * across / wide, -top * down / tall);
  pen.font = `12px ${token(document.documentElement, "--font")}`;
  pen.lineJoin = "round";
  pen.textAlign = "center";
  const [x, y] = taken[0], places = [...taken];
  for (const level of surface.lines[view.scale] ?? []) {
    const t = share(surface, view.scale, level), bright = t > BRIGHT;
    const pieces = lineAt(surface, view.shares, t).map((ends) => ends.map(([j, i]) => at(j, i)));
    pen.strokeStyle = bright ? DARK : LIGHT; pen.lineWidth = 1; pen.globalAlpha = 0.7;
    pen.beginPath();
    for (const [from, to] of pieces) { pen.moveTo(...from); pen.lineTo(...to); }
    pen.stroke();
    pen.globalAlpha = 1;
    const off = (/** @type {Point} */ spot) => Math.abs(Math.atan2(spot[1] - y, spot[0] - x) + 0.6);  // up to the right
    const spots = pieces.map(([from]) => from).sort((one, other) => off(one) - off(other));
    const free = spots.find(([a, b]) => a > left + 20 && a < left + wide - 20 && b > top + 15 && b < top + tall - 15 &&
      places.every(([c, d]) => Math.hypot(a - c, 1.5 * (b - d)) > 32));
    if (!free) continue;
    places.push(free);
    write(pen, say(level), free[0], free[1] + 4, bright ? DARK : LIGHT, rgb(t));
  }
  return canvas;
}

/**
 * Round numbers from one to another, about five.
 * @param {number} first
 * @param {number} last
 */
export function ticks(first, last) {
  const raw = (last - first) / 5, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= raw) ?? raw, found = [];
  for (let k = Math.ceil(first / step - 1e-9); k * step <= last + 1e-9 * step; k++) found.push(k * step);
  return found;
}

/**
 * @param {Pen} pen
 * @param {Surface} surface
 * @param {Frame} frame
 * @param {string} ink
 */
function drawAxes(pen, surface, { left, top, wide, tall }, ink) {
  const { alphas, betas, columns, rows, labels } = surface;
  pen.textAlign = "center";
  for (const tick of ticks(alphas[0], alphas[columns - 1])) {
    write(pen, say(tick), left + column(surface, tick) / (columns - 1) * wide, top + tall + 16, ink);
  }
  write(pen, labels[0], left + wide / 2, top + tall + 34, ink);
  pen.textAlign = "right";
  for (const tick of ticks(betas[0], betas[rows - 1])) {
    write(pen, say(tick), left - 6, top + (1 - row(surface, tick) / (rows - 1)) * tall + 4, ink);
  }
  pen.save();
  pen.translate(left - 35, top + tall / 2);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = "center";
  write(pen, labels[1], 0, 0, ink);
  pen.restore();
}

/**
 * The colours and the losses that they stand for, as wide as the plane.
 * @param {HTMLCanvasElement} canvas
 * @param {Surface} surface
 * @param {View} view
 * @param {Frame} frame
 */
export function drawBar(canvas, surface, view, { left, wide }) {
  const [pen, width] = prepare(canvas, 34), ink = token(canvas, "--ink");
  for (let x = 0; x < wide; x++) {
    pen.fillStyle = rgb(x / wide);
    pen.fillRect(left + x, 2, 1.5, 12);
  }
  pen.textAlign = "center";
  let last = left - 20;
  for (const level of surface.lines[view.scale] ?? []) {
    const x = left + share(surface, view.scale, level) * wide;
    pen.fillStyle = ink;
    pen.fillRect(x - 0.5, 14, 1, 4);
    if (x - last < 34 || x > width - 12) continue;
    last = x;
    write(pen, say(level), x, 30, ink);
  }
  pen.textAlign = "right";
  write(pen, "loss", left - 6, 13, ink);
}
