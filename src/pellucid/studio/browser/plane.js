// Networks of one or two inputs: what each neuron says of every point, and the samples. Classes have signs, no colours.

import {make} from "../../render/web/dom.js";
import {inkOfPage, paintSigned} from "../../render/web/ink.js";
import {answersOf} from "../../render/web/names.js";
import {forward} from "../../render/web/pass.js";

const POINTS = 40, SMALL = 20;

/**
 * Every neuron's answer on a grid, rows from high y to low; of one input, pictures of the function.
 * @param {any} net @param {number[]} low @param {number[]} high @param {number} points
 * @returns {{layers: Float64Array[][], passes: any[]}} of each layer, of each neuron, points · points numbers (or points, of one input)
 */
export function surfaces(net, low, high, points) {
  const two = net.layers[0].inputs === 2, count = two ? points * points : points, passes = [];
  const layers = net.layers.map((/** @type {any} */ {outputs}) => Array.from({length: outputs}, () => new Float64Array(count)));
  const at = (/** @type {number} */ k, /** @type {number} */ way) => low[k] + (high[k] - low[k]) * way / (points - 1);
  for (let k = 0; k < count; k++) {
    const x = two ? [at(0, k % points), at(1, points - 1 - Math.floor(k / points))] : [at(0, k)], pass = forward(net, x);
    passes.push(pass);
    layers.forEach((/** @type {Float64Array[]} */ layer, /** @type {number} */ l) => layer.forEach((one, j) => { one[k] = pass.a[l + 1][j]; }));
  }
  return {layers, passes};
}

/** A function as a picture: of each x what lies between 0 and its value. @param {Float64Array} values */
export function asPicture(values) {
  const n = values.length, most = values.reduce((all, v) => Math.max(all, Math.abs(v)), 1e-12), picture = new Float64Array(n * n);
  for (let x = 0; x < n; x++) for (let y = 0; y < n; y++) {
    const height = 1 - 2 * (y + 0.5) / n, v = values[x] / most;
    if (height * v > 0 && Math.abs(height) <= Math.abs(v)) picture[y * n + x] = v;
  }
  return picture;
}

/** The picture of each neuron, of all layers. @param {any} net @param {{low: number[], high: number[]}} box */
export function pictures(net, {low, high}) {
  const {layers} = surfaces(net, low, high, SMALL);
  return {size: [SMALL, SMALL], of: (/** @type {number} */ l, /** @type {number} */ j) => {
    const values = layers[l - 1][j];
    return net.layers[0].inputs === 2 ? values : asPicture(values);
  }};
}

/** A box around the samples. @param {number[][]} X */
export function boxOf(X) {
  const sides = X[0].map((_, k) => X.map(x => x[k])), low = sides.map(one => Math.min(...one)), high = sides.map(one => Math.max(...one));
  const room = low.map((from, k) => Math.max(1e-6, 0.08 * (high[k] - from)));
  return {low: low.map((from, k) => from - room[k]), high: high.map((to, k) => to + room[k])};
}

/**
 * Draw what the network says, the samples, and the point that is asked about.
 * @param {HTMLCanvasElement} canvas @param {any} model @param {any} net
 * @param {{X: number[][], y: any[], low: number[], high: number[]}} data @param {number[]} at
 */
export function drawPlane(canvas, model, net, data, at) {
  const dots = devicePixelRatio || 1, side = canvas.clientWidth || 270;
  if (canvas.width !== Math.round(side * dots)) Object.assign(canvas, {width: Math.round(side * dots), height: Math.round(side * dots)});
  const pen = canvas.getContext("2d"), style = getComputedStyle(canvas), token = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  if (!pen) return;
  pen.setTransform(dots, 0, 0, dots, 0, 0);
  pen.fillStyle = token("--surface");
  pen.fillRect(0, 0, side, side);
  const {low, high} = data, {passes} = surfaces(net, low, high, POINTS), two = low.length === 2;
  const said = passes.map(pass => answersOf(model, pass));
  if (two) drawGround(pen, said, side, model, style);
  const x = (/** @type {number} */ value) => side * (value - low[0]) / (high[0] - low[0]);
  const all = two ? null : [...data.y.map(one => Number(one.length ? one[0] : one)), ...said.map(one => one[0])];
  const from = all ? Math.min(...all) : low[1], to = all ? Math.max(...all) : high[1];
  const y = (/** @type {number} */ value) => side - side * (0.05 + 0.9 * (value - from) / Math.max(1e-9, to - from)), flat = (/** @type {number} */ value) => side - side * (value - low[1]) / (high[1] - low[1]);
  pen.lineWidth = 1.25;
  data.X.forEach((point, k) => {
    const target = Array.isArray(data.y[k]) ? data.y[k][0] : data.y[k];
    sign(pen, x(point[0]), two ? flat(point[1]) : y(target), model.classes ? Number(target) : 0, token("--ink"), token("--surface"));
  });
  pen.strokeStyle = token("--select");
  if (!two) {
    pen.lineWidth = 3;
    pen.beginPath();
    said.forEach((one, k) => pen.lineTo(side * k / (POINTS - 1), y(one[0])));
    pen.stroke();
  }
  pen.lineWidth = 2;
  pen.beginPath();
  if (two) { pen.moveTo(x(at[0]) - 12, flat(at[1])); pen.lineTo(x(at[0]) + 12, flat(at[1])); pen.moveTo(x(at[0]), flat(at[1]) - 12); pen.lineTo(x(at[0]), flat(at[1]) + 12); }
  else { pen.moveTo(x(at[0]), 0); pen.lineTo(x(at[0]), side); }
  pen.stroke();
}

// Of two classes, or of a value, blue and orange; of more, a shade for each class, and a line where the answer changes.
/** @param {CanvasRenderingContext2D} pen @param {number[][]} said @param {number} side @param {any} model @param {CSSStyleDeclaration} style */
function drawGround(pen, said, side, model, style) {
  const small = make("canvas"), several = model.classes && model.classes.length > 2, step = side / POINTS;
  if (!several) {
    paintSigned(small, said.map(one => model.classes ? one[1] - 0.5 : one[0]), [POINTS, POINTS], inkOfPage());
    pen.globalAlpha = 0.75;
    pen.drawImage(small, 0, 0, side, side);
    pen.globalAlpha = 1;
    return;
  }
  const best = said.map(one => one.indexOf(Math.max(...one)));
  pen.strokeStyle = style.getPropertyValue("--ink-2").trim();
  const shade = hexOf(style.getPropertyValue("--ink-2").trim());
  paintSigned(small, best.map(k => 0.04 + 0.38 * k / model.classes.length), [POINTS, POINTS], {pos: shade, neg: shade}, 1);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, side, side);
  pen.lineWidth = 2;
  pen.beginPath();
  best.forEach((k, i) => {
    const left = i % POINTS * step, top = Math.floor(i / POINTS) * step;
    if (i % POINTS && best[i - 1] !== k) { pen.moveTo(left, top); pen.lineTo(left, top + step); }
    if (i >= POINTS && best[i - POINTS] !== k) { pen.moveTo(left, top); pen.lineTo(left + step, top); }
  });
  pen.stroke();
}

/** @param {string} hex */
const hexOf = hex => [1, 3, 5].map(k => parseInt(hex.slice(k, k + 2), 16));

/** The sign of a class: ○ ● △ ▲ □ ■. @param {CanvasRenderingContext2D} pen @param {number} x @param {number} y @param {number} k @param {string} ink @param {string} paper */
function sign(pen, x, y, k, ink, paper) {
  pen.beginPath();
  const shape = Math.floor(k / 2) % 3;
  if (shape === 0) pen.arc(x, y, 2.75, 0, 7);
  else if (shape === 1) { pen.moveTo(x, y - 4); pen.lineTo(x + 3.6, y + 3); pen.lineTo(x - 3.6, y + 3); pen.closePath(); }
  else pen.rect(x - 2.5, y - 2.5, 5, 5);
  pen.fillStyle = k % 2 ? ink : paper;
  pen.strokeStyle = ink;
  pen.fill();
  pen.stroke();
}
