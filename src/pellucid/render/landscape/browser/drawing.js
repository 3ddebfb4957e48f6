// What both pictures draw with: the colours of losses, a canvas of the right size, the signs of the legend.

/** @import { Point } from "./surface.js" */
/** @typedef {CanvasRenderingContext2D} Pen */

/** cividis, a colour map that colour-blind readers see alike: dark is low, yellow is high. */
export const CIVIDIS = ("00224e 002e6a 1a386f 32436d 434e6c 535a6d 61656f 6f7073 7d7c78 8c8878 9b9476 aba072 bcae6c " +
  "cdbb63 dec958 f0d846 fee838").split(" ").map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
/** Black and white as they stand on these colours, whatever the page's own. */
export const DARK = "#14202b", LIGHT = "#ffffff";

/**
 * @param {number} t  a share
 * @param {number} light  1, or less in the shade
 */
export function colour(t, light = 1) {
  const place = t * (CIVIDIS.length - 1), k = Math.min(CIVIDIS.length - 2, Math.floor(place));
  return CIVIDIS[k].map((from, c) => Math.round(light * (from + (place - k) * (CIVIDIS[k + 1][c] - from))));
}

/**
 * @param {number} t
 * @param {number} [light]
 */
export function rgb(t, light) {
  return `rgb(${colour(t, light).join(" ")})`;
}

/**
 * A colour of the page's own, as it is at this place: light, dark, or the system's.
 * @param {Element} place
 * @param {string} name
 */
export function token(place, name) {
  return getComputedStyle(place).getPropertyValue(name).trim();
}

/**
 * A canvas as wide as its place and so high, ready to be drawn on in CSS pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {number} height
 * @returns {[Pen, number, number]}
 */
export function prepare(canvas, height) {
  const width = canvas.clientWidth, dots = window.devicePixelRatio || 1;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * dots);
  canvas.height = Math.round(height * dots);
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser draws nothing");
  pen.scale(dots, dots);
  pen.font = `12px ${token(canvas, "--font")}`;
  pen.lineJoin = pen.lineCap = "round";
  return [pen, width, height];
}

/**
 * @param {Pen} pen
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {string} ink
 * @param {string} [halo]
 */
export function write(pen, text, x, y, ink, halo) {
  if (halo) {
    pen.strokeStyle = halo; pen.lineWidth = 3;
    pen.strokeText(text, x, y);
  }
  pen.fillStyle = ink;
  pen.fillText(text, x, y);
}

/**
 * A line in a colour, within a light and a dark seam: one of them stands out, whatever lies below.
 * @param {Pen} pen
 * @param {Point[]} points
 * @param {string} ink
 * @param {number} size
 */
export function seamed(pen, points, ink, size) {
  for (const [each, wide] of /** @type {[string, number][]} */ ([[DARK, size + 3.5], [LIGHT, size + 2], [ink, size]])) {
    pen.strokeStyle = each; pen.lineWidth = wide;
    pen.beginPath();
    for (const point of points) pen.lineTo(...point);
    pen.stroke();
  }
}

/**
 * ○ the start, ★ the trained network, ● the one that the player is at, ▢ the one that is looked at.
 * @param {Pen} pen
 * @param {Point} place
 * @param {"start" | "trained" | "now" | "looked"} kind
 * @param {string} ink  of the way
 */
export function sign(pen, [x, y], kind, ink) {
  pen.beginPath();
  if (kind === "looked") pen.rect(x - 6, y - 6, 12, 12);
  else if (kind === "trained") {
    for (let k = 0; k < 10; k++) {
      const far = k % 2 ? 4.4 : 10, angle = (k / 5 - 0.5) * Math.PI;
      pen.lineTo(x + far * Math.cos(angle), y + far * Math.sin(angle));
    }
    pen.closePath();
  } else pen.arc(x, y, 6, 0, 2 * Math.PI);
  const hollow = kind === "start" || kind === "looked";
  for (const [each, wide] of /** @type {[string, number][]} */ ([[DARK, 5], [LIGHT, 3.5]])) {
    pen.strokeStyle = each; pen.lineWidth = wide;
    pen.stroke();
  }
  if (kind === "looked") { pen.strokeStyle = DARK; pen.lineWidth = 1.5; pen.stroke(); return; }
  pen.fillStyle = hollow ? LIGHT : ink;
  pen.fill();
  if (hollow) { pen.strokeStyle = ink; pen.lineWidth = 2; pen.stroke(); }
}
