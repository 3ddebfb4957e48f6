// What is looked at, and from where: the state of the page, and how an address asks for it. No page is needed here.

/** @import { Place, Scale, Surface } from "./surface.js" */
import { bestTurn, sharesOf, within } from "./surface.js";

/**
 * @typedef {object} View
 * @property {number} turn  of the hills, in degrees
 * @property {number} tilt
 * @property {number} zoom
 * @property {boolean} dragging
 * @property {Scale} scale
 * @property {Float64Array} shares  of the losses, on this scale
 * @property {number} step  which network of the way
 * @property {Place} at  which point of the grid
 */

/**
 * @param {Surface} surface
 * @param {Scale} scale
 * @returns {View}
 */
export function viewOf(surface, scale) {
  const shares = sharesOf(surface, scale);
  return {
    turn: bestTurn(surface, shares), tilt: 40, zoom: 1, dragging: false, scale, shares,
    step: surface.path ? surface.path.chosen : 0, at: surface.centre,
  };
}

/**
 * @param {View} view
 * @param {number} sideways
 * @param {number} up
 */
export function turn(view, sideways, up) {
  view.turn = ((view.turn + sideways + 180) % 360 + 360) % 360 - 180;
  view.tilt = Math.min(90, Math.max(5, view.tilt + up));
}

/**
 * @param {View} view
 * @param {number} factor
 */
export function zoom(view, factor) {
  view.zoom = Math.min(4, Math.max(0.5, view.zoom * factor));
}

/**
 * @param {View} view
 * @param {Surface} surface
 * @param {Scale} scale
 */
export function rescale(view, surface, scale) {
  view.scale = scale;
  view.shares = sharesOf(surface, scale);
}

/**
 * @param {View} view
 * @param {Surface} surface
 * @param {number} step
 */
export function goTo(view, { path }, step) {
  if (path) view.step = Math.min(path.points.length - 1, Math.max(0, step));
}

/**
 * A view can be linked to: …html#turn=40&tilt=60&scale=linear&step=3&at=10,12 (row, column).
 * @param {View} view
 * @param {Surface} surface
 * @param {string} address
 */
export function fromAddress(view, surface, address) {
  const wanted = new URLSearchParams(address);
  const number = (/** @type {string} */ name) => parseFloat(wanted.get(name) ?? "");
  if (Number.isFinite(number("turn"))) turn(view, number("turn") - view.turn, 0);
  if (Number.isFinite(number("tilt"))) turn(view, 0, number("tilt") - view.tilt);
  if (Number.isFinite(number("zoom"))) zoom(view, number("zoom") / view.zoom);
  const scale = wanted.get("scale");
  if ((scale === "log" || scale === "linear") && surface.lines[scale]) rescale(view, surface, scale);
  if (Number.isFinite(number("step"))) goTo(view, surface, Math.round(number("step")));
  const [i, j, ...more] = (wanted.get("at") ?? "").split(",").map(Number);
  if (Number.isInteger(i) && Number.isInteger(j) && !more.length) view.at = within(surface, i, j);
}
