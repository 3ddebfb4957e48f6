// What is said in words.
function tell() {
  const [i, j] = view.at, own = atCentre() ? " (the trained θ)" : "";
  $("here").textContent = `At α = ${say(alphas[j])}, β = ${say(betas[i])}: loss ${say(losses[i * columns + j])}${own}`;
  if (!path) return;
  const k = view.step, [alpha, beta] = path.points[k];
  const step = `Step ${path.steps[k].toLocaleString("en")}: loss ${say(path.losses[k])}`;
  $("there").textContent = k === path.chosen ? `${step} (the trained θ)` : `${step}. The nearest point of the plane, ` +
    `${say(path.distances[k])} away, is α = ${say(alpha)}, β = ${say(beta)}, with loss ${say(path.plane[k])}`;
  $("step").setAttribute("aria-valuetext", `step ${path.steps[k]}`);
}
let asked = false;
function draw(all = true) {
  tell();
  asked = asked || all ? "all" : "hills";
  if (draw.waiting) return;
  draw.waiting = true;
  requestAnimationFrame(() => {
    const what = asked;
    draw.waiting = asked = false;
    if (what === "all") { drawMap(); drawBar(); }
    drawHills();
  });
}

// What is done with the hand.
function turn(sideways, up) {
  view.turn = ((view.turn + sideways + 180) % 360 + 360) % 360 - 180;
  view.tilt = Math.min(90, Math.max(5, view.tilt + up));
  draw(false);
}
function zoom(factor) {
  view.zoom = Math.min(4, Math.max(0.5, view.zoom * factor));
  draw(false);
}
function look(i, j) {
  view.at = [Math.min(rows - 1, Math.max(0, i)), Math.min(columns - 1, Math.max(0, j))];
  draw();
}
function choose(step) {
  view.step = Math.min(path.points.length - 1, Math.max(0, step));
  $("step").value = view.step;
  draw();
}
function play() {
  if (play.timer) return stop();
  if (view.step === path.points.length - 1) choose(0);
  $("play").textContent = "❚❚";
  $("play").setAttribute("aria-label", "Pause");
  play.timer = setInterval(() => {
    choose(view.step + 1);
    if (view.step === path.points.length - 1) stop();
  }, 150);
}
function stop() {
  clearInterval(play.timer);
  play.timer = null;
  $("play").textContent = "▶";
  $("play").setAttribute("aria-label", "Play the path");
}
function keys(canvas, actions) {
  canvas.addEventListener("keydown", (event) => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });
}
function listen() {
  const hills = $("hills"), map = $("map"), fingers = new Map();
  hills.addEventListener("pointerdown", (event) => {
    hills.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    view.dragging = true;
  });
  hills.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const apart = () => { const [p, q] = [...fingers.values()]; return Math.hypot(p[0] - q[0], p[1] - q[1]); };
    const far = fingers.size === 2 ? apart() : 0;
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (fingers.size === 2) zoom(apart() / (far || 1));
    else turn((event.clientX - before[0]) * 0.5, (event.clientY - before[1]) * 0.4);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    hills.addEventListener(end, (event) => { fingers.delete(event.pointerId); view.dragging = false; draw(false); });
  }
  keys(hills, {
    ArrowLeft: () => turn(-5, 0), ArrowRight: () => turn(5, 0), ArrowUp: () => turn(0, 5), ArrowDown: () => turn(0, -5),
    "+": () => zoom(1.2), "=": () => zoom(1.2), "-": () => zoom(1 / 1.2),
  });
  const point = (event) => {
    const place = map.getBoundingClientRect();
    const x = (event.clientX - place.left - frame.left) / frame.wide;
    const y = 1 - (event.clientY - place.top - frame.top) / frame.tall;
    if (x >= 0 && x <= 1 && y >= 0 && y <= 1) look(Math.round(y * (rows - 1)), Math.round(x * (columns - 1)));
  };
  map.addEventListener("pointermove", point);
  map.addEventListener("pointerdown", point);
  const [i, j] = view.at;
  keys(map, {
    ArrowLeft: () => look(view.at[0], view.at[1] - 1), ArrowRight: () => look(view.at[0], view.at[1] + 1),
    ArrowUp: () => look(view.at[0] + 1, view.at[1]), ArrowDown: () => look(view.at[0] - 1, view.at[1]),
    Home: () => look(i, j),
  });
  for (const button of document.querySelectorAll("[data-turn]")) {
    button.addEventListener("click", () => turn(...button.dataset.turn.split(",").map(Number)));
  }
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => zoom(Number(button.dataset.zoom)));
  }
  for (const radio of document.querySelectorAll("[name=scale]")) {
    radio.addEventListener("change", () => { view.scale = radio.value; draw(); });
  }
  if (path) {
    $("step").addEventListener("input", () => { stop(); choose(Number($("step").value)); });
    $("play").addEventListener("click", play);
  }
  window.addEventListener("resize", () => draw());
  window.addEventListener("hashchange", () => { fromAddress(); draw(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());
}
/** A view can be linked to: …html#turn=40&tilt=60&scale=linear&step=3&at=10,12 (row, column). */
function fromAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  for (const name of ["turn", "tilt", "zoom"]) if (Number.isFinite(parseFloat(wanted.get(name)))) view[name] = Number(wanted.get(name));
  if (data.lines[wanted.get("scale")]) view.scale = wanted.get("scale");
  if (path && wanted.has("step")) choose(parseInt(wanted.get("step"), 10) || 0);
  const at = (wanted.get("at") || "").split(",").map(Number);
  if (at.length === 2 && at.every(Number.isInteger)) look(...at);
  for (const radio of document.querySelectorAll("[name=scale]")) {
    radio.checked = radio.value === view.scale;
    radio.disabled = !data.lines[radio.value];
  }
}

$("views").hidden = false;
view.turn = bestTurn();
fromAddress();
listen();
tell();
drawMap();
drawBar();
drawHills();
document.documentElement.dataset.ready = "yes";
