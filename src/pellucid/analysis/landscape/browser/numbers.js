"use strict";
// The loss surface, drawn with the browser's own canvas: nothing is loaded, and all numbers are in the page.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const axis = ([first, last, count, zero]) =>
  Array.from({ length: count }, (_, k) => (k - zero) * (last - first) / (count - 1));
const alphas = axis(data.alphas), betas = axis(data.betas), columns = alphas.length, rows = betas.length;
const bytes = Uint8Array.from(atob(data.losses), (mark) => mark.charCodeAt(0));
const losses = new Float32Array(bytes.buffer); // row after row: the loss at betas[i], alphas[j] is at i * columns + j
const [low, high] = data.range, path = data.path;
const view = { turn: 0, tilt: 40, zoom: 1, scale: data.logarithmic ? "log" : "linear", step: path ? path.chosen : 0,
  at: [data.betas[3], data.alphas[3]], dragging: false };

// cividis, a colour map that colour-blind readers see alike
const CIVIDIS = ("00224e 002e6a 1a386f 32436d 434e6c 535a6d 61656f 6f7073 7d7c78 8c8878 9b9476 aba072 bcae6c cdbb63 " +
  "dec958 f0d846 fee838").split(" ").map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));

function nearest(values, value) {
  const k = Math.round((value - values[0]) / (values[values.length - 1] - values[0]) * (values.length - 1));
  return Math.min(values.length - 1, Math.max(0, k));
}
function say(number) {
  if (number === null || !Number.isFinite(number)) return "no number";
  return String(Number(Math.abs(number) < 1e-12 ? 0 : number.toPrecision(4))).replace("-", "−");
}
/** Where a loss stands between the lowest, 0, and the highest, 1; no number counts as the highest. */
function share(loss) {
  if (loss === null || !Number.isFinite(loss)) return 1;
  const f = view.scale === "log" ? Math.log : (x) => x;
  return Math.min(1, Math.max(0, (f(Math.max(loss, low)) - f(low)) / (f(high) - f(low))));
}
function colour(t, light = 1) {
  const place = t * (CIVIDIS.length - 1), k = Math.min(CIVIDIS.length - 2, Math.floor(place));
  return CIVIDIS[k].map((from, c) => light * (from + (place - k) * (CIVIDIS[k + 1][c] - from)));
}
const rgb = (t, light) => `rgb(${colour(t, light).map(Math.round).join(" ")})`;
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const lines = () => data.lines[view.scale] || [];

/** A share between grid points, from the four around it; x and y in columns and rows. */
function between(shares, x, y) {
  const j = Math.min(columns - 2, Math.max(0, Math.floor(x))), i = Math.min(rows - 2, Math.max(0, Math.floor(y)));
  const u = x - j, v = y - i, at = (a, b) => shares[(i + a) * columns + j + b];
  return (1 - v) * ((1 - u) * at(0, 0) + u * at(0, 1)) + v * ((1 - u) * at(1, 0) + u * at(1, 1));
}
const column = (alpha) => (alpha - alphas[0]) / (alphas[columns - 1] - alphas[0]) * (columns - 1);
const row = (beta) => (beta - betas[0]) / (betas[rows - 1] - betas[0]) * (rows - 1);

/** The turn that brings the lowest corner to the front, so that no wall stands before the rest. */
function bestTurn() {
  const shares = Array.from(losses, share), mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const line = (count, at) => mean(Array.from({ length: count }, (_, k) => shares[at(k)]));
  const left = line(rows, (i) => i * columns), right = line(rows, (i) => (i + 1) * columns - 1);
  const front = line(columns, (j) => j), back = line(columns, (j) => (rows - 1) * columns + j);
  const corners = [[right + front, -35], [left + front, 35], [right + back, -145], [left + back, 145]];
  return corners.reduce((best, other) => (other[0] < best[0] - 1e-6 ? other : best))[1];
}

/** A canvas as wide as its place and so high, ready to be drawn on in CSS pixels. */
function prepare(canvas, height) {
  const width = canvas.clientWidth, dots = window.devicePixelRatio || 1;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * dots);
  canvas.height = Math.round(height * dots);
  const pen = canvas.getContext("2d");
  pen.scale(dots, dots);
  pen.font = "12px system-ui, sans-serif";
  return [pen, width, height];
}
function write(pen, text, x, y, ink, halo) {
  if (halo) {
    pen.strokeStyle = halo; pen.lineWidth = 3; pen.lineJoin = "round"; pen.strokeText(text, x, y);
  }
  pen.fillStyle = ink;
  pen.fillText(text, x, y);
}
function star(pen, x, y, size) {
  pen.beginPath();
  for (let k = 0; k < 10; k++) {
    const far = k % 2 ? size * 0.42 : size, angle = (k / 5 - 0.5) * Math.PI;
    pen.lineTo(x + far * Math.cos(angle), y + far * Math.sin(angle));
  }
  pen.closePath();
}
function mark(pen, x, y, kind) {
  pen.lineWidth = 1.5; pen.strokeStyle = "#fff"; pen.fillStyle = css("--path");
  if (kind === "star") star(pen, x, y, 9);
  else { pen.beginPath(); pen.arc(x, y, kind === "start" ? 5 : 7, 0, 2 * Math.PI); }
  if (kind === "here") { pen.fillStyle = "#fff"; pen.strokeStyle = "#000"; }
  pen.fill(); pen.stroke();
}
