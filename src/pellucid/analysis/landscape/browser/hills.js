// In three dimensions: the cells of the grid from back to front, and the pieces of the path with the cells they lie in.
function drawHills() {
  const canvas = $("hills");
  const [pen, width, height] = prepare(canvas, Math.min(canvas.clientWidth * 0.85, window.innerHeight * 0.75));
  const [a, e] = [view.turn, view.tilt].map((degrees) => degrees * Math.PI / 180);
  const [sa, ca, se, ce] = [Math.sin(a), Math.cos(a), Math.sin(e), Math.cos(e)];
  const deep = Math.min(1.2, Math.max(0.4, (betas[rows - 1] - betas[0]) / (alphas[columns - 1] - alphas[0])));
  const size = view.zoom * Math.min(width - 40, height * 1.15) * 0.36 / Math.max(1, Math.hypot(1, deep) / 1.3);
  /** Where column j, row i and height h in 0..1 are seen. */
  const seen = (i, j, h) => {
    const x = 2 * j / (columns - 1) - 1, y = deep * (2 * i / (rows - 1) - 1), z = 1.1 * (h - 0.45);
    return [width / 2 + 18 + size * (x * ca - y * sa), height / 2 - size * (z * ce + (x * sa + y * ca) * se)];
  };
  const shares = Array.from(losses, share);
  drawFloor(pen, seen);
  const coarse = view.dragging ? 50 : 125;
  const I = places(rows, coarse), J = places(columns, coarse), pieces = cut(I, J, shares);
  if (ca > 0) I.reverse();
  if (sa > 0) J.reverse();
  let cells = 0;
  for (let p = 0; p < I.length - 1; p++) {
    for (let q = 0; q < J.length - 1; q++) {
      const around = [[I[p], J[q]], [I[p], J[q + 1]], [I[p + 1], J[q + 1]], [I[p + 1], J[q]]];
      const t = around.map(([i, j]) => shares[i * columns + j]);
      const slope = (t[1] + t[2] - t[0] - t[3]) * (sa > 0 ? -1 : 1) * columns / 100;
      pen.fillStyle = pen.strokeStyle = rgb((t[0] + t[1] + t[2] + t[3]) / 4, 1 - Math.min(0.2, Math.abs(slope) * 0.25));
      pen.lineWidth = 0.8;
      pen.beginPath();
      around.forEach(([i, j], k) => pen.lineTo(...seen(i, j, t[k])));
      pen.closePath();
      pen.fill(); pen.stroke();
      cells++;
      for (const piece of pieces.get(`${Math.min(I[p], I[p + 1])},${Math.min(J[q], J[q + 1])}`) || []) {
        pen.strokeStyle = piece.done ? css("--path") : "#fff";
        pen.lineWidth = piece.done ? 3 : 1.5;
        pen.beginPath();
        pen.moveTo(...seen(...piece.from)); pen.lineTo(...seen(...piece.to));
        pen.stroke();
      }
    }
  }
  const spot = (alpha, beta) => {
    const x = column(alpha), y = row(beta);
    return seen(y, x, between(shares, x, y));
  };
  if (path) {
    mark(pen, ...spot(...path.points[0]), "start");
    if (view.step !== path.chosen) mark(pen, ...spot(...path.points[view.step]), "here");
  }
  mark(pen, ...spot(0, 0), "star");
  if (!atCentre()) box(pen, ...seen(view.at[0], view.at[1], shares[view.at[0] * columns + view.at[1]]));
  document.documentElement.dataset.cells = cells;
}
/** Every so-manieth place of a grid line, the last one included. */
function places(count, most) {
  const stride = Math.ceil((count - 1) / most), found = [];
  for (let k = 0; k < count - 1; k += stride) found.push(k);
  return [...found, count - 1];
}
/** The path in pieces shorter than a cell, by the cell that each lies in. */
function cut(I, J, shares) {
  const pieces = new Map();
  const below = (places, value) => places.filter((place, k) => k < places.length - 1 && place <= value).pop() ?? 0;
  for (let k = 0; path && k < path.points.length - 1; k++) {
    const [from, to] = [path.points[k], path.points[k + 1]].map(([alpha, beta]) => [row(beta), column(alpha)]);
    const count = Math.ceil(3 * Math.hypot(to[0] - from[0], to[1] - from[1])) || 1;
    const at = (n) => [0, 1].map((c) => from[c] + n / count * (to[c] - from[c]));
    for (let n = 0; n < count; n++) {
      const ends = [at(n), at(n + 1)], key = `${below(I, at(n + 0.5)[0])},${below(J, at(n + 0.5)[1])}`;
      const [start, end] = ends.map(([i, j]) => [i, j, between(shares, j, i) + 0.012]);
      pieces.set(key, [...pieces.get(key) || [], { from: start, to: end, done: k < view.step }]);
    }
  }
  return pieces;
}
function drawFloor(pen, seen) {
  const corners = [[0, 0], [0, columns - 1], [rows - 1, columns - 1], [rows - 1, 0]];
  const floor = corners.map(([i, j]) => seen(i, j, -0.04));
  pen.strokeStyle = css("--quiet"); pen.lineWidth = 1;
  pen.beginPath();
  for (const corner of floor) pen.lineTo(...corner);
  pen.closePath();
  pen.stroke();
  pen.textAlign = "center";
  const front = (one, other) => (seen(...one, -0.04)[1] > seen(...other, -0.04)[1] ? one : other);
  const alpha = front([-rows * 0.06, columns / 2], [rows * 1.06, columns / 2]);
  const beta = front([rows / 2, -columns * 0.06], [rows / 2, columns * 1.06]);
  const below = ([x, y]) => [x, y + 8];
  write(pen, "α", ...below(seen(...alpha, -0.04)), css("--ink"));
  write(pen, "β", ...below(seen(...beta, -0.04)), css("--ink"));
  const edge = corners[floor.indexOf(floor.reduce((one, other) => (one[0] < other[0] ? one : other)))];
  const [foot, head] = [seen(...edge, -0.04), seen(...edge, 1)];
  pen.beginPath(); pen.moveTo(...foot); pen.lineTo(...head); pen.stroke();
  pen.textAlign = "right";
  let last = Infinity;
  for (const level of lines()) {
    const [x, y] = seen(...edge, share(level));
    if (last - y < 14) continue;
    last = y;
    pen.beginPath(); pen.moveTo(x - 4, y); pen.lineTo(x, y); pen.stroke();
    write(pen, say(level), x - 7, y + 4, css("--ink"));
  }
  write(pen, "loss", head[0] - 2, Math.min(head[1], last) - 12, css("--ink"));
  pen.textAlign = "left";
}
