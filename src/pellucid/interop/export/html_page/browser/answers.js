// What the page shows of a pass: the answer, every neuron, and what one neuron's score is made of.

const MOST_NEURONS = 512, MOST_TERMS = 12, FIRST = model.image ? 1 : 0;
const NUMBERS = ["outputs", "layers-section"]; // parts of the page that hold them
let chosen = null, last = null;

function say(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e9 || size < 1e-4) return value.toExponential(4);
  return size >= 1e5 ? value.toFixed(0) : value.toPrecision(6);
}

function cell(row, text, kind = "") {
  const made = document.createElement("td");
  made.textContent = text;
  made.className = kind;
  row.append(made);
  return made;
}

function nameOf(l, i) {
  if (l === 0) return model.image ? `pixel ${Math.floor(i / model.image[1])}, ${i % model.image[1]}` : model.features[i] ?? `x${i}`;
  return `neuron ${i} of layer ${l}`;
}

// Whether a pass stays among the numbers that pellucid computes with, so that what it comes to is the same.
function staysFinite(pass) {
  const held = model.dtype === "float32" ? value => Number.isFinite(Math.fround(value)) : Number.isFinite;
  return pass.a[0].every(held) && (model.targets.length || pass.z.every(z => z.every(held)));
}

function seeInputs(x) {
  last = forward(x);
  const said = answers(last);
  if (!staysFinite(last) || !said.every(Number.isFinite)) {
    seeNothing("The answer is no number, since a value is far too large.");
    return;
  }
  const body = document.querySelector("#outputs tbody");
  const order = model.classes ? said.map((_, k) => k).sort((a, b) => said[b] - said[a]) : said.map((_, k) => k);
  const names = model.classes ?? (model.targets.length ? model.targets.map(one => one.name) : said.map((_, k) => `output ${k}`));
  body.replaceChildren(...order.map(k => {
    const row = document.createElement("tr");
    cell(row, names[k]);
    cell(row, model.classes ? `${(100 * said[k]).toFixed(2)} %` : say(said[k]), "n");
    const bar = cell(row, "", "bar");
    if (model.classes) {
      const ink = document.createElement("i");
      ink.style.width = `${100 * said[k]}%`;
      bar.append(ink);
    }
    return row;
  }));
  const first = order[0];
  const nothing = model.image && x.every(value => value === 0) ? "Nothing is drawn; of black it says " : "";
  document.getElementById("answer").textContent = nothing + (model.classes ? `${names[first]} (${(100 * said[first]).toFixed(1)} %)`
    : order.map(k => `${names[k]}: ${say(said[k])}`).join(", "));
  for (const part of NUMBERS) document.getElementById(part).hidden = false;
  showLayers();
  showNeuron();
  window.pellucid = {inputs: Array.from(last.a[0]), outputs: said, pass: last};
}

// Say why there are no numbers; those of an earlier input go.
function seeNothing(why) {
  for (const part of NUMBERS) document.getElementById(part).hidden = true;
  document.getElementById("answer").textContent = why;
  window.pellucid = null;
}

// A row of cells for each layer; for the inputs, too, where they are no picture.
function makeLayers(place) {
  for (let l = FIRST; l <= layers.length; l++) {
    const title = document.createElement("h3"), cells = document.createElement("div");
    const size = l ? layers[l - 1].outputs : layers[0].inputs;
    title.textContent = (l ? `Layer ${l}: ${size} × ${layers[l - 1].f.name}` : `The ${size} inputs, as the network takes them`)
      + (size > MOST_NEURONS ? `, the first ${MOST_NEURONS}` : "");
    cells.className = "layer";
    for (let j = 0; j < Math.min(size, MOST_NEURONS); j++) {
      const one = document.createElement("button");
      Object.assign(one, {type: "button", tabIndex: j ? -1 : 0});
      one.addEventListener("click", () => { chosen = [l, j]; showLayers(); showNeuron(); });
      cells.append(one);
    }
    cells.addEventListener("keydown", walk);
    place.append(title, cells);
  }
}

// The arrow keys go from cell to cell of a layer, the tab key from layer to layer.
function walk(event) {
  const cells = [...event.currentTarget.children], here = cells.indexOf(event.target);
  const across = cells.filter(one => one.offsetTop === cells[0].offsetTop).length;
  const to = {ArrowLeft: here - 1, ArrowRight: here + 1, ArrowUp: here - across, ArrowDown: here + across,
    Home: 0, End: cells.length - 1}[event.key];
  if (to === undefined) return;
  event.preventDefault();
  if (!cells[to]) return;
  cells.forEach((one, j) => { one.tabIndex = j === to ? 0 : -1; });
  cells[to].focus();
}

function showLayers() {
  const place = document.getElementById("layers");
  if (!place.children.length) makeLayers(place);
  place.querySelectorAll(".layer").forEach((cells, k) => {
    const l = k + FIRST, a = last.a[l], most = a.reduce((m, x) => Math.max(m, Math.abs(x)), 1e-12);
    [...cells.children].forEach((one, j) => {
      const depth = Math.abs(a[j]) / most, name = nameOf(l, j);
      one.style.background = depth < 0.004 ? "" : `color-mix(in srgb, ${a[j] > 0 ? "#0072b2" : "#d55e00"} ${100 * depth}%, var(--card))`;
      one.title = `${name}: a = ${say(a[j])}`;
      one.textContent = one.title;
      one.setAttribute("aria-pressed", String(chosen !== null && chosen[0] === l && chosen[1] === j));
    });
  });
}

function showNeuron() {
  document.getElementById("neuron").hidden = chosen === null;
  if (chosen === null) return;
  const [l, j] = chosen, layer = layers[l - 1], a = last.a[l - 1];
  const picture = document.getElementById("looks-for");
  picture.hidden = l !== 1 || !model.image;
  document.getElementById("terms").hidden = l === 0;
  if (l === 0) {
    document.getElementById("neuron-title").textContent = `${nameOf(0, j)}: a = ${say(last.a[0][j])}`;
    return;
  }
  const w = layer.W.subarray(j * layer.inputs, (j + 1) * layer.inputs);
  document.getElementById("neuron-title").textContent =
    `${nameOf(l, j)}: z = ${say(last.z[l - 1][j])}, a = ${say(last.a[l][j])}`;
  const order = Array.from(w.keys()).sort((p, q) => Math.abs(w[q] * a[q]) - Math.abs(w[p] * a[p]));
  const shown = order.slice(0, MOST_TERMS), rest = order.slice(MOST_TERMS).reduce((sum, i) => sum + w[i] * a[i], 0);
  const rows = shown.map(i => [nameOf(l - 1, i), say(w[i]), say(a[i]), say(w[i] * a[i])]);
  if (order.length > MOST_TERMS) rows.push([`${order.length - MOST_TERMS} more`, "", "", say(rest)]);
  rows.push(["b", "", "", say(layer.b[j])]);
  document.querySelector("#terms tbody").replaceChildren(...rows.map(texts => {
    const row = document.createElement("tr");
    texts.forEach((text, k) => cell(row, text, k ? "n" : ""));
    return row;
  }));
  if (!picture.hidden) showWeights(picture, w);
}

// The weights of a neuron of layer 1 as a picture: blue excites, orange silences.
function showWeights(canvas, w) {
  const [height, width] = model.image, most = w.reduce((m, x) => Math.max(m, Math.abs(x)), 1e-12);
  canvas.width = width;
  canvas.height = height;
  const picture = new ImageData(width, height);
  w.forEach((x, i) => {
    const t = Math.abs(x) / most, ink = x > 0 ? [0, 114, 178] : [213, 94, 0];
    picture.data.set([...ink.map(part => 255 + t * (part - 255)), 255], 4 * i);
  });
  canvas.getContext("2d").putImageData(picture, 0, 0);
}
