// What is said of the surface in words and numbers. No page is needed here.

/** @import { Loss, Path, Place, Surface } from "./surface.js" */

/**
 * A number with four digits that count, and a true minus.
 * @param {Loss} number
 */
export function say(number) {
  if (number === null || !Number.isFinite(number)) return "no number";
  return String(Number(Math.abs(number) < 1e-12 ? 0 : number.toPrecision(4))).replaceAll("-", "−");
}

/**
 * Which network is looked at.
 * @param {Surface} surface
 * @param {Place} at
 */
export function whichOf({ centre }, [i, j]) {
  return i === centre[0] && j === centre[1] ? "★ the trained network" : "▢ another network";
}

/**
 * What there is to know of a network on the way, besides its step and its loss.
 * @param {Path} path
 * @param {number} k
 */
export function noteOf(path, k) {
  if (k === path.chosen) return "★ The trained network: the map is laid through it.";
  const start = k === 0 ? "○ The start. " : "";
  return `${start}It lies ${say(path.distances[k])} beside this map, whose nearest point has loss ${say(path.plane[k])}.`;
}
