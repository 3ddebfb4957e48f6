// The network: a tile or a cell for each neuron, its answers by name, and lines for the strongest of what is chosen.

import {jointed, make, mark} from "./dom.js";
import {greatest, inkOfPage, paintSigned} from "./ink.js";
import {answerNames, answersAreNeurons, nameOf} from "./names.js";
import {neuronPages, orderOf} from "./neuron_pages.js";
import {percent, say, signed} from "./numbers.js";
import {weightsOf} from "./pass.js";

const MOST_NEURONS = 256, MOST_ROWS = 40, MOST_EDGES = 16;

/** The places of the greatest numbers, the greatest first, none that is 0. @param {ArrayLike<number>} values @param {number} count */
export function strongest(values, count) {
  const order = Array.from(values, (_, i) => i).filter(i => values[i] !== 0);
  return order.sort((p, q) => Math.abs(values[q]) - Math.abs(values[p])).slice(0, count);
}

/**
 * What flows into neuron j of layer l and out of it: [from layer, from, to layer, to, w · a], the strongest alone.
 * @param {import("./pass.js").Network} net @param {import("./pass.js").Pass} pass @param {number} l @param {number} j
 */
export function edgesOf({layers}, pass, l, j) {
  const into = weightsOf(layers[l - 1], j).map((w, i) => w * pass.a[l - 1][i]);
  const found = strongest(into, MOST_EDGES).map(i => [l - 1, i, l, j, into[i]]);
  if (l === layers.length) return found;
  const out = Float64Array.from({length: layers[l].outputs}, (_, k) => weightsOf(layers[l], k)[j] * pass.a[l][j]);
  return [...found, ...strongest(out, MOST_EDGES).map(k => [l, j, l + 1, k, out[k]])];
}

/** Write a text into a part of an element. @param {Element} one @param {string} part @param {string} text */
function write(one, part, text) {
  const place = one.querySelector(part);
  if (place && place.textContent !== text) place.replaceChildren(...jointed(text));
}

/** Where an element stands on the screen. @param {Element | undefined} one */
const boxOf = one => one?.getBoundingClientRect() ?? new DOMRect();

/**
 * The arrow keys go from one to the next, or to the next row; the tab key from layer to layer.
 * @param {KeyboardEvent} event @param {HTMLElement[]} every
 */
function walkNodes(event, every) {
  const all = every.filter(one => !one.hidden);
  const here = all.indexOf(/** @type {HTMLElement} */ (event.target));
  const across = all.filter(one => one.offsetTop === all[0].offsetTop).length;
  const to = {ArrowLeft: here - 1, ArrowRight: here + 1, ArrowUp: here - across, ArrowDown: here + across,
    Home: 0, End: all.length - 1}[event.key];
  if (to === undefined) return;
  event.preventDefault();
  if (!all[to]) return;
  all.forEach((one, j) => { one.tabIndex = j === to ? 0 : -1; });
  all[to].focus();
}

/** @typedef {"inputs" | "tiles" | "cells" | "outputs"} Look how the neurons of a layer are shown */
/**
 * @typedef {object} Shown what the network came to, and the way back where it is known what was meant
 * @property {import("./pass.js").Pass} pass
 * @property {number[]} said
 * @property {import("./backward.js").Back | null} back
 * @property {string[]} [texts] of a form
 */

/**
 * Show a network. `choose` is told the layer and the neuron that are chosen, `point` those that are pointed at, or null.
 * @param {HTMLElement} place @param {import("./names.js").Model} model @param {import("./pass.js").Network} net
 * @param {(l: number, j: number) => void} choose @param {(node: number[] | null) => void} point
 */
export function networkView(place, model, net, choose, point) {
  const L = net.layers.length, first = model.image ? 1 : 0, own = answersAreNeurons(model);
  // Of each layer: a button for each neuron that is shown, which neurons these are, and the pages where there are more.
  /** @type {HTMLElement[][]} */
  const nodes = [];
  /** @type {number[][]} */
  const held = [];
  /** @type {ReturnType<typeof neuronPages>[]} */
  const pages = [];
  const lines = make("canvas", {class: "edges", "aria-hidden": "true"});
  /** @type {HTMLElement} the answers, where they are no neurons */
  let rows;
  /** @type {Shown} */
  let now;
  /** @type {number[]} layer and neuron */
  let opened;
  place.append(lines);

  /** @param {number} l */
  function layer(l) {
    const size = l ? net.layers[l - 1].outputs : net.layers[0].inputs, most = l ? MOST_NEURONS : MOST_ROWS, shown = Math.min(size, most);
    /** @type {Look} */
    const kind = !l ? "inputs" : l === L && own ? "outputs" : (l === 1 && model.image) || (model.plane && l < L) ? "tiles" : "cells";
    const title = l === L ? "Output" : l ? `Layer ${l}` : "Inputs";
    const about = l ? `${size} ${model.layers[l - 1].f}` : `${size} numbers`;
    const group = make("div", {class: kind, role: "group", "aria-label": `${title}, ${about}`});
    group.style.setProperty("--across", String(Math.min(model.image ? 8 : 6, Math.max(2, Math.ceil(shown / 16)))));
    held[l] = Array.from({length: shown}, (_, k) => k);
    nodes[l] = held[l].map(k => node(kind, l, k));
    group.append(...nodes[l]);
    group.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => walkNodes(event, nodes[l]));
    if (size > shown) pages[l] = neuronPages(size, most, page => { arrange(l, page); view.show(now); });
    const block = make("div", {class: `layer of-${kind}`}, make("h3", {}, title, make("span", {text: about})), ...pages[l]?.parts ?? [], group);
    if (l === L && !own) block.append(rows = answerRows());
    place.append(block);
  }

  /** @param {Look} kind @param {number} l @param {number} k */
  function node(kind, l, k) {
    const name = kind === "outputs" ? answerNames(model)[k] : kind === "inputs" ? "" : undefined;
    const inner = kind === "tiles" ? [make("canvas", {"aria-hidden": "true"})] : name === undefined ? [] : outputParts(name);
    const pointHere = () => point([l, held[l][k]]), pointAway = () => point(null);
    return make("button", {
      type: "button", class: l ? kind.slice(0, -1) : "output input", tabindex: k ? -1 : 0, "aria-pressed": "false", "data-layer": l, "data-neuron": k,
      "data-output": name || undefined,
      click: () => choose(l, held[l][k]), mouseenter: pointHere, mouseleave: pointAway, focus: pointHere, blur: pointAway,
    }, ...inner, make("i", {class: "act"}), make("i", {class: "del", hidden: true}));
  }

  // Give the neurons of a page their places; null is the page that has the opened neuron.
  /** @param {number} l @param {number | null} page */
  function arrange(l, page) {
    const [next, to] = opened, order = orderOf(net, now.pass, l, opened);
    const asked = page ?? pages[l].of(order.indexOf(to));
    held[l] = order.slice(...pages[l].show(asked, next === l + 1 ? `what they contribute to ${nameOf(model, next, to)}` : "the size of a"));
    nodes[l].forEach((one, k) => {
      one.hidden = k >= held[l].length;
      one.tabIndex = k ? -1 : 0;
      if (!one.hidden) give(one, held[l][k]);
    });
    paintWeights(l);
  }

  /** @param {HTMLElement} one @param {number} j */
  function give(one, j) {
    one.setAttribute("data-neuron", String(j));
    if (!one.hasAttribute("data-output")) return;
    one.setAttribute("data-output", answerNames(model)[j]);
    write(one, ".name", answerNames(model)[j]);
  }

  // What feeds the opened neuron comes in an order of its own; so does a layer where the opened one was not in sight.
  /** @param {number} l @param {number} j */
  function arrangeAround(l, j) {
    if (pages[l - 1]) arrange(l - 1, 0);
    if (pages[l] && !held[l].includes(j)) arrange(l, null);
  }

  /** @param {number} l @param {number} j @returns {HTMLElement | undefined} */
  const buttonOf = (l, j) => nodes[l]?.[held[l].indexOf(j)];

  /** @param {string} name */
  const outputParts = name => [make("span", {class: "name", text: name}), make("span", {class: "num"})];

  // Where one neuron decides between two classes, the answers stand below it.
  function answerRows() {
    const made = answerNames(model).map(name => make("div", {class: "output", "data-output": name}, ...outputParts(name), make("i", {class: "act"})));
    return make("div", {class: "outputs"}, ...made);
  }

  /** @param {any} one @param {number} l @param {number} j @param {number} most @param {number} mostDelta */
  function showNode(one, l, j, most, mostDelta) {
    const a = now.pass.a[l][j], z = now.pass.z[l - 1]?.[j], delta = now.back?.delta[l - 1]?.[j];
    mark(one, "z", z);
    mark(one, "a", a);
    mark(one, "delta", delta);
    one.style.setProperty("--t", String(Math.abs(a) / most));
    one.classList.toggle("neg", a < 0);
    one.classList.toggle("none", a === 0);
    const bar = one.lastChild;
    bar.hidden = delta === undefined;
    bar.style.setProperty("--t", String(Math.abs(delta ?? 0) / mostDelta));
    bar.classList.toggle("neg", Number(delta) < 0);
    const pressed = String(opened?.[0] === l && opened[1] === j);
    if (one.getAttribute("aria-pressed") !== pressed) one.setAttribute("aria-pressed", pressed);
    const name = l ? nameOf(model, l, j) : nameOfInput(j);
    one.title = `${name}: a = ${say(a)}${delta === undefined ? "" : `, δ = ${say(delta)}`}`;
    one.setAttribute("aria-label", one.title);
    if (l) return;
    write(one, ".name", name);
    write(one, ".num", Number.isInteger(a) ? say(a) : signed(a));
  }

  // An input with what stands in the form, where that is not the number or the level itself.
  /** @param {number} j */
  function nameOfInput(j) {
    const name = nameOf(model, 0, j), column = model.places?.findIndex((/** @type {number[]} */ [start]) => start === j) ?? -1;
    const text = column < 0 || model.columns[column].kind === "category" ? "" : now.texts?.[column];
    return text ? `${name} = ${text}` : name;
  }

  function showAnswers() {
    const all = own ? nodes[L] : /** @type {HTMLElement[]} */ ([...rows.children]), best = model.classes ? now.said.indexOf(Math.max(...now.said)) : -1;
    const most = greatest(now.said);
    all.forEach((one, at) => {
      const k = own ? held[L][at] : at, said = now.said[k];
      if (one.hidden) return;
      mark(one, model.classes ? "p" : "value", said);
      one.classList.toggle("best", k === best);
      write(one, ".num", model.classes ? percent(said) : say(said));
      one.style.setProperty("--t", String(model.classes ? said : Math.abs(said) / most));
      one.classList.toggle("neg", said < 0);
    });
  }

  function drawEdges() {
    const scale = devicePixelRatio, box = place.getBoundingClientRect(), ink = inkOfPage();
    const [width, height] = [Math.round(place.clientWidth * scale), Math.round(place.clientHeight * scale)];
    if (lines.width !== width || lines.height !== height) Object.assign(lines, {width, height});
    const pen = lines.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, -box.left * scale, -box.top * scale);
    pen.clearRect(box.left, box.top, box.width, box.height);
    if (!now || !opened || !opened[0]) return;
    const all = edgesOf(net, now.pass, opened[0], opened[1]);
    const seen = all.filter(([l, i, k, j]) => buttonOf(l, i) && buttonOf(k, j)), most = greatest(seen.map(edge => edge[4]));
    for (const [l, i, k, j, value] of seen) {
      const [from, to] = [buttonOf(l, i), buttonOf(k, j)].map(boxOf), share = Math.abs(value) / most;
      pen.strokeStyle = `rgb(${(value > 0 ? ink.pos : ink.neg).join(" ")} / ${0.25 + 0.6 * share})`;
      pen.lineWidth = 0.75 + 3 * share;
      pen.setLineDash(value > 0 ? [] : [6, 3]);
      pen.beginPath();
      curve(pen, from, to);
      pen.stroke();
    }
  }

  // The pictures of a layer: its weights, or what its neurons say of the plane, where a page has that.
  /** @param {number} l */
  function paintWeights(l) {
    const ink = inkOfPage(), plane = model.plane?.pictures;
    if (!(l === 1 && model.image) && !plane) return;
    held[l].forEach((j, k) => {
      const picture = nodes[l][k].firstChild;
      if (!(picture instanceof HTMLCanvasElement)) return;
      if (plane) paintSigned(picture, plane.of(l, j), plane.size, ink);
      else paintSigned(picture, weightsOf(net.layers[0], j), model.image, ink);
    });
  }

  /** @param {CanvasRenderingContext2D} pen @param {DOMRect} from @param {DOMRect} to */
  function curve(pen, from, to) {
    const y0 = from.top + from.height / 2, y1 = to.top + to.height / 2;
    if (to.left < from.right) { // one below the other
      pen.moveTo(from.left + from.width / 2, y0);
      pen.lineTo(to.left + to.width / 2, y1);
      return;
    }
    const middle = (from.right + to.left) / 2;
    pen.moveTo(from.right, y0);
    pen.bezierCurveTo(middle, y0, middle, y1, to.left, y1);
  }

  const view = {
    /** @param {Shown} given */
    show(given) {
      const first = !now;
      now = given;
      if (first) pages.forEach((_, l) => arrange(l, 0));
      nodes.forEach((all, l) => {
        const most = greatest(now.pass.a[l]), mostDelta = greatest(now.back?.delta[l - 1] ?? []);
        held[l].forEach((j, k) => showNode(all[k], l, j, most, mostDelta));
      });
      showAnswers();
      drawEdges();
    },
    /** @param {number} l @param {number} j */
    open(l, j) {
      opened = [l, j];
      if (!now) return;
      arrangeAround(l, j);
      view.show(now);
    },
    /** @param {number[] | null} node */
    light(node) {
      place.querySelector(".lit")?.classList.remove("lit");
      if (node) buttonOf(node[0], node[1])?.classList.add("lit");
    },
    paint() {
      for (let l = 1; l <= L; l++) paintWeights(l);
      drawEdges();
    },
  };
  for (let l = first; l <= L; l++) layer(l);
  new ResizeObserver(drawEdges).observe(place);
  return view;
}
