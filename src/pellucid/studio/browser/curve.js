// The loss curve: points of every branch thinned to the width of the screen, and where a step stands.

/** @typedef {[step: number, loss: number, accuracy: number | null]} Point */
/** @typedef {{points: Point[], name: string, dash: number[], active: boolean}} Course */

/** Dashes by which the branches are told apart; the first is a whole line. */
export const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];

/**
 * The points, at most one in each piece of the way: the mean of those that lie in it, so that no detail moves when others come.
 * @param {Point[]} points @param {number} first @param {number} last @param {number} pieces @returns {number[][]} step and loss
 */
export function thinned(points, first, last, pieces) {
  const wide = Math.max(1, (last - first) / pieces), /** @type {number[][]} */ found = [];
  let piece = NaN, count = 0;
  for (const [step, loss] of points) {
    if (!Number.isFinite(loss) || loss === null) continue;
    const here = Math.floor((step - first) / wide);
    if (here !== piece) { found.push([step, loss]); piece = here; count = 1; continue; }
    const [, mean] = found[found.length - 1];
    count += 1;
    found[found.length - 1] = [step, mean + (loss - mean) / count];
  }
  return found;
}

/** The highest loss that the picture has room for: a few outliers at the start may leave it. @param {number[][][]} curves */
export function ceiling(curves) {
  const all = curves.flat().map(([, loss]) => loss).sort((p, q) => p - q);
  return all.length ? Math.max(1e-12, 1.05 * all[Math.min(all.length - 1, Math.floor(0.98 * all.length))]) : 1;
}

/** The point of a curve nearest to a step. @param {Point[]} points @param {number} step @returns {Point | null} */
export function nearest(points, step) {
  let low = 0, high = points.length - 1;
  if (high < 0) return null;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] < step) low = middle + 1; else high = middle;
  }
  const before = points[Math.max(0, low - 1)];
  return Math.abs(before[0] - step) < Math.abs(points[low][0] - step) ? before : points[low];
}

/**
 * Draw the courses and the place of a step.
 * @param {HTMLCanvasElement} canvas @param {Course[]} courses @param {number} first @param {number} last
 * @param {number} at @param {number[]} ticks steps at which something was changed
 */
export function drawCurve(canvas, courses, first, last, at, ticks) {
  const dots = devicePixelRatio || 1, {clientWidth: width, clientHeight: height} = canvas;
  if (!width) return;
  if (canvas.width !== Math.round(width * dots) || canvas.height !== Math.round(height * dots))
    Object.assign(canvas, {width: Math.round(width * dots), height: Math.round(height * dots)});
  const pen = canvas.getContext("2d"), style = getComputedStyle(canvas), token = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  if (!pen) return;
  pen.setTransform(dots, 0, 0, dots, 0, 0);
  pen.clearRect(0, 0, width, height);
  const curves = courses.map(({points}) => thinned(points, first, last, width / 2)), most = ceiling(curves);
  const x = (/** @type {number} */ step) => 2 + (width - 4) * (step - first) / Math.max(1, last - first);
  const y = (/** @type {number} */ loss) => height - 4 - (height - 26) * Math.min(1.1, loss / most);
  pen.lineJoin = "round";
  pen.font = `12px ${token("--font")}`;
  pen.strokeStyle = token("--line");
  pen.lineWidth = 1;
  pen.beginPath(); pen.moveTo(0, height - 1.5); pen.lineTo(width, height - 1.5); pen.stroke();
  curves.forEach((curve, k) => {
    const {dash, active} = courses[k];
    pen.strokeStyle = active ? token("--train") : token("--ink-2");
    pen.lineWidth = active ? 2 : 1.5;
    pen.setLineDash(dash);
    pen.beginPath();
    for (const [step, loss] of curve) pen.lineTo(x(step), y(loss));
    if (curve.length === 1) pen.lineTo(x(curve[0][0]) + 1, y(curve[0][1])); // else it would not be seen
    pen.stroke();
    pen.setLineDash([]);
  });
  pen.fillStyle = token("--ink-2");
  for (const step of ticks) pen.fillRect(x(step) - 1, height - 6, 2, 6);
  if (last <= first) return;
  if (courses.length > 1) drawLegend(pen, courses, width, token);
  pen.fillStyle = token("--select");
  pen.fillRect(Math.min(width - 3, Math.max(0, x(at) - 1.5)), 18, 3, height - 18);
}

// Which dashes are whose, from the right, the active one first; those for which there is no room have their names in the panel.
/** @param {CanvasRenderingContext2D} pen @param {Course[]} courses @param {number} width @param {(name: string) => string} token */
function drawLegend(pen, courses, width, token) {
  let right = width - 8;
  for (const {name, dash, active} of [...courses].sort((p, q) => Number(q.active) - Number(p.active))) {
    const wide = pen.measureText(name).width;
    if (right - wide - 34 < (active ? 0 : width / 4)) return;
    pen.fillStyle = pen.strokeStyle = active ? token("--ink") : token("--ink-2");
    pen.fillText(name, right - wide, 12);
    pen.lineWidth = 2;
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(right - wide - 30, 8);
    pen.lineTo(right - wide - 6, 8);
    pen.stroke();
    pen.setLineDash([]);
    right -= wide + 46;
  }
}
