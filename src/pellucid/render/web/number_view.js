// One number opened: its name = its formula = the numbers in it = its value, and the terms of its score, by size.

import {make, mark} from "./dom.js";
import {inkOfPage, paintSigned} from "./ink.js";
import {nameOf} from "./names.js";
import {put, say, short, signed} from "./numbers.js";
import {normaliser, weightsOf} from "./pass.js";

const FEW = 10, MORE = 24;

/**
 * The terms w · x of a sum by size, the first `count` of them, and what the others come to.
 * @param {ArrayLike<number>} w @param {ArrayLike<number>} x @param {number} count
 */
export function termsBySize(w, x, count) {
  const product = Float64Array.from(w, (weight, i) => weight * x[i]);
  const order = Array.from(product.keys()).sort((p, q) => Math.abs(product[q]) - Math.abs(product[p]));
  const shown = order.slice(0, count).map(i => ({i, w: w[i], x: x[i], product: product[i]}));
  const others = order.slice(count);
  return {shown, rest: others.reduce((all, i) => all + product[i], 0), others: others.length};
}

/**
 * The same, column by column: each with what its inputs give together, and those of its terms that are not 0.
 * @param {ArrayLike<number>} w @param {ArrayLike<number>} x @param {number[][]} places where each column's inputs are
 * @param {number} count of columns
 */
export function termsByColumn(w, x, places, count) {
  const product = Float64Array.from(w, (weight, i) => weight * x[i]);
  const all = places.map(([start, end], column) => {
    const inputs = Array.from({length: end - start}, (_, k) => start + k);
    const terms = inputs.filter(i => product[i] !== 0 || end - start === 1).map(i => ({i, w: w[i], x: x[i], product: product[i]}));
    return {column, terms, part: terms.reduce((sum, term) => sum + term.product, 0)};
  }).sort((p, q) => Math.abs(q.part) - Math.abs(p.part));
  const others = all.slice(count);
  return {shown: all.slice(0, count), rest: others.reduce((sum, one) => sum + one.part, 0), others: others.length};
}

/**
 * What an activation makes of a score: [name, formula, numbers, value] a line.
 * @param {any} layer of the model @param {Float64Array} z @param {number} j @param {number} a
 */
export function activationLines(layer, z, j, a) {
  if (layer.f !== "softmax") return [["a", layer.words.value, put(layer.words.value, {...layer.constants, z: z[j]}), a]];
  const {m, s} = normaliser(z);
  return [["m", "max z", "", m], ["s", "Σ exp(z − m)", "", s], ["a", "exp(z − m) / s", put("exp(z − m) / s", {z: z[j], m, s}), a]];
}

/**
 * @typedef {{line: any, name: any, numbers: HTMLElement[], i?: number}} Row of the table; i is the input that it tells of
 * @typedef {{i: number, w: number, x: number, product: number}} Term
 * @typedef {{pass: import("./pass.js").Pass, back: import("./backward.js").Back | null, texts?: string[]}} Numbers
 */

/**
 * The panel of an opened number. `go` opens another, `back` the one before, `point` says what is pointed at.
 * @param {HTMLElement} place @param {any} model @param {import("./pass.js").Network} net
 * @param {{go: (l: number, j: number) => void, back: () => void, point: (node: number[] | null) => void, rate: number}} about
 */
export function numberView(place, model, net, about) {
  const title = make("h2", {id: "opened-title"}), pictures = make("div", {class: "pictures"}), formulas = make("div", {class: "formulas"});
  const backward = make("button", {type: "button", class: "button small", id: "back", text: "← back", click: about.back, hidden: true});
  const pointed = make("p", {class: "note pointed"}), body = make("tbody"), heads = ["from", "a", "w", "w · a", "new w"];
  /** @type {{canvas: HTMLCanvasElement, spot: HTMLElement}[]} */
  const figures = [];
  const more = make("button", {type: "button", class: "link", click: () => { count += MORE; show(); }});
  const rest = row(more), bias = row(make("span", {text: "bias b"}));
  const table = make("table", {id: "terms"}, make("caption", {text: "Its score, term by term"}),
    make("thead", {}, make("tr", {}, ...heads.map((text, k) => make("th", {scope: "col", class: k ? "n" : "", text})))),
    body, make("tfoot", {}, rest.line, bias.line));
  const first = table.querySelector("th");
  let count = FEW;
  /** @type {number[]} layer and neuron */
  let opened;
  /** @type {Numbers} */
  let now;
  /** @type {Row[]} */
  const cells = [];
  /** @type {number[] | null} what stays lit up */
  let held = null;
  place.append(make("div", {class: "head"}, title, backward), pictures, formulas, table);
  if (model.image) for (const text of ["weights w", "w · a, here"]) pictures.append(figure(text));
  if (model.image) pictures.append(pointed);

  /** @param {string} text */
  function figure(text) {
    const canvas = make("canvas", {role: "img", "aria-label": text}), spot = make("i", {class: "spot", hidden: true});
    const under = (/** @type {PointerEvent} */ event) => {
      const box = canvas.getBoundingClientRect(), [h, w] = model.image;
      const [y, x] = [(event.clientY - box.top) / box.height * h, (event.clientX - box.left) / box.width * w].map(Math.floor);
      about.point(y >= 0 && y < h && x >= 0 && x < w ? [0, y * w + x] : null);
    };
    canvas.addEventListener("pointermove", under);
    canvas.addEventListener("pointerleave", () => about.point(held));
    figures.push({canvas, spot});
    return make("figure", {}, make("div", {class: "picture"}, canvas, spot), make("figcaption", {text}));
  }

  /** @param {HTMLElement} name @returns {Row} */
  function row(name) {
    const numbers = [0, 1, 2, 3].map(() => make("td", {class: "n"}));
    return {line: make("tr", {}, make("th", {scope: "row"}, name), ...numbers), name, numbers};
  }

  // Rows stay where they are, and only their numbers change.
  /** @param {number} k */
  function rowAt(k) {
    if (cells[k]) return cells[k];
    const made = row(make("button", {type: "button", class: "link"}));
    const here = () => made.i === undefined ? null : [opened[0] - 1, made.i];
    made.line.addEventListener("mouseenter", () => about.point(here()));
    made.line.addEventListener("mouseleave", () => about.point(held));
    made.name.addEventListener("focus", () => about.point(here()));
    made.name.addEventListener("blur", () => about.point(held));
    made.name.addEventListener("click", () => {
      const node = here();
      if (node && opened[0] > 1) about.go(node[0], node[1]); else about.point(held = node);
    });
    body.append(made.line);
    return cells[k] = made;
  }

  /** @param {Row} made @param {string} name @param {string[]} numbers @param {number} sign */
  function fill(made, name, numbers, sign) {
    if (made.name.textContent !== name) made.name.textContent = made.name.title = name;
    numbers.forEach((text, k) => { made.numbers[k].textContent = text; });
    made.numbers[2].className = `n ${sign > 0 ? "pos" : sign < 0 ? "neg" : ""}`;
  }

  /** @param {Row} made @param {Term} term @param {string} name */
  function showTerm(made, term, name) {
    const delta = now.back?.delta[opened[0] - 1]?.[opened[1]], gradient = delta === undefined ? undefined : delta * term.x;
    const next = gradient === undefined ? undefined : term.w - about.rate * gradient;
    made.i = term.i;
    made.line.setAttribute("data-term", String(term.i));
    for (const [key, value] of Object.entries({w: term.w, x: term.x, product: term.product, gradient, next})) mark(made.line, key, value);
    fill(made, name, [short(term.x), signed(term.w), signed(term.product), next === undefined ? "" : signed(next)], term.product);
  }

  // The name of a column of several inputs has the room of their numbers.
  /** @param {Row} made @param {boolean} wide */
  function span(made, wide) {
    made.line.firstChild.colSpan = wide ? 3 : 1;
    made.numbers[0].hidden = made.numbers[1].hidden = wide;
  }

  // What a row was before it is shown anew.
  /** @param {Row} made */
  function clean(made) {
    span(made, false);
    delete made.i;
    for (const name of ["term", "w", "x", "product", "gradient", "next", "column", "part"]) made.line.removeAttribute(`data-${name}`);
    made.line.classList.remove("column", "part");
  }

  /** @param {Float64Array} w @param {Float64Array} x */
  function showTerms(w, x) {
    const [l] = opened, places = l === 1 && model.places;
    const {rest: sum, others, ...found} = places ? termsByColumn(w, x, places, count) : termsBySize(w, x, count);
    let k = 0;
    for (const one of found.shown) {
      if ("terms" in one) { k = showColumn(k, one); continue; }
      const made = rowAt(k++);
      clean(made);
      showTerm(made, one, l > 1 ? `neuron ${one.i}` : nameOf(model, 0, one.i));
    }
    for (const made of cells.splice(k)) made.line.remove();
    const last = now.back?.delta[l - 1]?.[opened[1]], b = net.layers[l - 1].b[opened[1]];
    rest.line.hidden = !others;
    mark(rest.line, "rest", sum);
    fill(rest, `${others} more`, ["", "", signed(sum), ""], sum);
    mark(bias.line, "bias", b);
    mark(bias.line, "gradient", last);
    mark(bias.line, "next", last === undefined ? undefined : b - about.rate * last);
    fill(bias, "bias b", ["", "", signed(b), last === undefined ? "" : signed(b - about.rate * last)], b);
  }

  /** @param {number} k @param {{column: number, terms: Term[], part: number}} one @returns {number} the row behind it */
  function showColumn(k, {column, terms, part}) {
    const {name} = model.columns[column], text = now.texts?.[column], said = text === undefined ? name : `${name} = ${text || "(empty)"}`;
    const head = rowAt(k++), [start, end] = model.places[column];
    clean(head);
    head.line.setAttribute("data-column", name);
    mark(head.line, "part", part);
    head.line.classList.add("column");
    if (end - start === 1) { showTerm(head, terms[0], said); return k; }
    fill(head, said, ["", "", signed(part), ""], part);
    span(head, true);
    for (const term of terms) {
      const made = rowAt(k++);
      clean(made);
      made.line.classList.add("part");
      showTerm(made, term, nameOf(model, 0, term.i));
    }
    return k;
  }

  /** @param {number} l @param {number} j */
  function showFormulas(l, j) {
    const layer = model.layers[l - 1], z = now.pass.z[l - 1], delta = now.back?.delta[l - 1]?.[j];
    const lines = [["z", "Σ w · a + b", "", z[j]], ...activationLines(layer, z, j, now.pass.a[l][j])];
    if (delta !== undefined) lines.push(["δ", "∂L/∂z", "", delta]);
    writeLines(formulas, lines);
  }

  /** @param {number} l @param {Float64Array} w */
  function showPictures(l, w) {
    pictures.hidden = !model.image || l !== 1;
    if (pictures.hidden) return;
    const ink = inkOfPage();
    paintSigned(figures[0].canvas, w, model.image, ink);
    paintSigned(figures[1].canvas, w.map((weight, i) => weight * now.pass.a[0][i]), model.image, ink);
  }

  function show() {
    if (!opened || !now) return;
    const [l, j] = opened, name = nameOf(model, l, j);
    title.textContent = name[0].toUpperCase() + name.slice(1);
    table.hidden = l === 0;
    first.textContent = l > 1 ? `from layer ${l - 1}` : "from";
    table.classList.toggle("learns", Boolean(now.back));
    if (l === 0) {
      writeLines(formulas, [["a", "", "", now.pass.a[0][j]]]);
      pictures.hidden = true;
      return;
    }
    const w = weightsOf(net.layers[l - 1], j);
    showFormulas(l, j);
    showPictures(l, w);
    showTerms(w, now.pass.a[l - 1]);
  }

  const view = {
    /** @param {Numbers} given */
    show(given) { now = given; show(); },
    /** @param {number} l @param {number} j @param {boolean} canGoBack */
    open(l, j, canGoBack) {
      if (!opened || opened[0] !== l || opened[1] !== j) { count = FEW; held = null; }
      opened = [l, j];
      backward.hidden = !canGoBack;
      show();
    },
    paint: show,
    /** Light up an input of what is opened: its row, and its pixel. @param {number[] | null} node */
    light(node) {
      const i = node && opened && node[0] === opened[0] - 1 ? node[1] : null;
      for (const made of cells) made.line.classList.toggle("lit", i !== null && made.i === i);
      const pixel = model.image && opened?.[0] === 1 && i !== null;
      for (const {spot} of figures) showSpot(spot, model.image, pixel ? i : null);
      if (!pixel) { pointed.textContent = ""; return; }
      const w = weightsOf(net.layers[0], opened[1])[i], x = now.pass.a[0][i];
      pointed.textContent = `${nameOf(model, 0, i)}: ${signed(w)} · ${short(x)} = ${signed(w * x)}`;
    },
  };
  return view;
}

/** Put a mark on pixel i of a picture. @param {HTMLElement} spot @param {number[]} size @param {number | null} i */
export function showSpot(spot, [h, w], i) {
  spot.hidden = i === null;
  if (i === null) return;
  Object.assign(spot.style, {left: `${100 * (i % w) / w}%`, top: `${100 * Math.floor(i / w) / h}%`, width: `${100 / w}%`, height: `${100 / h}%`});
}

/**
 * Lines of name = formula = numbers = value; they keep their places, and have room for long numbers.
 * @param {HTMLElement} place @param {any[][]} lines
 */
export function writeLines(place, lines) {
  while (place.children.length > lines.length) place.lastElementChild?.remove();
  lines.forEach(([name, formula, numbers, value], k) => {
    const line = /** @type {HTMLElement} */ (place.children[k] ?? place.appendChild(make("p", {class: "formula"})));
    const letters = (formula.match(/\b[a-z]\b/g) ?? []).length;
    line.style.setProperty("--lines", String(Math.ceil((19 + formula.length + (numbers === "" ? 0 : formula.length + 8 * letters)) / 38)));
    line.setAttribute("data-formula", name);
    mark(line, "number", value);
    line.textContent = [name, formula, numbers === formula ? "" : numbers, say(value)].filter(Boolean).join(" = ");
  });
}
