// From above: colours, lines of equal loss, the path, and the point that is looked at.
const frame = {};
function drawMap() {
  const tall = (betas[rows - 1] - betas[0]) / (alphas[columns - 1] - alphas[0]);
  const left = 46, bottom = 40, wide = $("map").clientWidth - left - 8;
  const [pen, width, height] = prepare($("map"), wide * Math.min(1.2, Math.max(0.4, tall)) + bottom + 8);
  Object.assign(frame, { left, top: 8, wide, tall: height - bottom - 8 });
  const X = (alpha) => left + column(alpha) / (columns - 1) * frame.wide;
  const Y = (beta) => 8 + (1 - row(beta) / (rows - 1)) * frame.tall;
  const shares = Array.from(losses, share), dots = window.devicePixelRatio || 1;
  const across = Math.round(frame.wide * dots), down = Math.round(frame.tall * dots);
  const picture = pen.createImageData(across, down);
  for (let p = 0, y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const t = between(shares, x / (across - 1) * (columns - 1), (1 - y / (down - 1)) * (rows - 1));
      for (const part of colour(t)) picture.data[p++] = part;
      picture.data[p++] = 255;
    }
  }
  pen.putImageData(picture, Math.round(left * dots), Math.round(8 * dots));
  const taken = path ? path.points.map(([alpha, beta]) => [X(alpha), Y(beta)]) : [[X(0), Y(0)]];
  pen.textAlign = "center";
  for (const [level, spots] of lines().map((level) => [level, drawLine(pen, shares, level)])) {
    const free = spots.find(([x, y]) => taken.every(([a, b]) => Math.hypot(x - a, 1.5 * (y - b)) > 32));
    if (!free) continue;
    taken.push(free);
    write(pen, say(level), free[0], free[1] + 4, "#fff", "#0009");
  }
  drawAxes(pen, X, Y, width, height);
  if (path) drawPath(pen, X, Y);
  else mark(pen, X(0), Y(0), "star");
  if (!atCentre()) box(pen, X(alphas[view.at[1]]), Y(betas[view.at[0]]));
}
const atCentre = () => view.at[0] === data.betas[3] && view.at[1] === data.alphas[3];
function box(pen, x, y) {
  for (const [ink, size] of [["#fff", 3], ["#000", 1.5]]) {
    pen.strokeStyle = ink; pen.lineWidth = size;
    pen.strokeRect(x - 5, y - 5, 10, 10);
  }
}
/** One line of equal loss, through the triangles of the grid; returns where its label may stand, the best place first. */
function drawLine(pen, shares, level) {
  const t = share(level), spots = [];
  const at = (i, j) => [frame.left + j / (columns - 1) * frame.wide, frame.top + (1 - i / (rows - 1)) * frame.tall];
  const centre = at(row(0), column(0));
  pen.strokeStyle = "rgb(255 255 255 / 0.75)"; pen.lineWidth = 1;
  pen.beginPath();
  for (let i = 0; i < rows - 1; i++) {
    for (let j = 0; j < columns - 1; j++) {
      for (const corners of [[[i, j], [i, j + 1], [i + 1, j + 1]], [[i, j], [i + 1, j + 1], [i + 1, j]]]) {
        const cut = [];
        for (let k = 0; k < 3; k++) {
          const [a, b] = [corners[k], corners[(k + 1) % 3]];
          const from = shares[a[0] * columns + a[1]] - t, to = shares[b[0] * columns + b[1]] - t;
          if (from < 0 === to < 0) continue;
          const way = from / (from - to);
          cut.push(at(a[0] + way * (b[0] - a[0]), a[1] + way * (b[1] - a[1])));
        }
        if (cut.length < 2) continue;
        pen.moveTo(...cut[0]);
        pen.lineTo(...cut[1]);
        const [x, y] = cut[0];
        if (x > frame.left + 20 && x < frame.left + frame.wide - 20 && y > frame.top + 15 &&
          y < frame.top + frame.tall - 15) spots.push(cut[0]);
      }
    }
  }
  pen.stroke();
  const off = ([x, y]) => Math.abs(Math.atan2(y - centre[1], x - centre[0]) + 0.6); // from the centre up to the right
  return spots.sort((one, other) => off(one) - off(other));
}
function ticks(first, last) {
  const raw = (last - first) / 5, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= raw);
  const found = [];
  for (let k = Math.ceil(first / step - 1e-9); k * step <= last + 1e-9 * step; k++) found.push(k * step);
  return found;
}
function drawAxes(pen, X, Y, width, height) {
  const ink = css("--ink");
  pen.textAlign = "center";
  for (const tick of ticks(alphas[0], alphas[columns - 1])) write(pen, say(tick), X(tick), height - 24, ink);
  write(pen, data.labels[0], frame.left + frame.wide / 2, height - 6, ink);
  pen.textAlign = "right";
  for (const tick of ticks(betas[0], betas[rows - 1])) write(pen, say(tick), frame.left - 6, Y(tick) + 4, ink);
  pen.save();
  pen.translate(11, frame.top + frame.tall / 2);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = "center";
  write(pen, data.labels[1], 0, 0, ink);
  pen.restore();
  pen.textAlign = "left";
}
function drawPath(pen, X, Y) {
  const points = path.points.map(([a, b]) => [X(a), Y(b)]);
  const stroke = (from, to, ink, size) => {
    pen.strokeStyle = ink; pen.lineWidth = size; pen.lineJoin = "round";
    pen.beginPath();
    for (const point of points.slice(from, to + 1)) pen.lineTo(...point);
    pen.stroke();
  };
  stroke(0, points.length - 1, "#fff9", 1.5);
  stroke(0, view.step, "#fff", 4.5);
  stroke(0, view.step, css("--path"), 2.5);
  mark(pen, ...points[0], "start");
  mark(pen, ...points[path.chosen], "star");
  if (view.step !== path.chosen) mark(pen, ...points[view.step], "here");
}
function drawBar() {
  const [pen, width] = prepare($("bar"), 34), left = frame.left, wide = frame.wide;
  for (let x = 0; x < wide; x++) {
    pen.fillStyle = rgb(x / wide);
    pen.fillRect(left + x, 2, 1.5, 12);
  }
  pen.textAlign = "center";
  let last = left - 20;
  for (const level of lines()) {
    const x = left + share(level) * wide;
    pen.fillStyle = css("--ink");
    pen.fillRect(x - 0.5, 2, 1, 16);
    if (x - last < 34 || x > width - 12) continue;
    last = x;
    write(pen, say(level), x, 30, css("--ink"));
  }
  pen.textAlign = "right";
  write(pen, "loss", left - 6, 13, css("--ink"));
}
