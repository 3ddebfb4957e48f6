// Pages of a layer that has more neurons than the screen has room for: the strongest first, in an order that only a
// person changes.

import {make} from "./dom.js";
import {weightsOf} from "./pass.js";

/**
 * The neurons of layer l, the strongest first: by what they contribute, |w · a|, to what is chosen in the next layer, or
 * by |a| where nothing is chosen there.
 * @param {import("./pass.js").Network} net @param {import("./pass.js").Pass} pass @param {number} l
 * @param {number[] | null} chosen layer and neuron
 */
export function orderOf({layers}, pass, l, chosen) {
  const w = chosen && chosen[0] === l + 1 ? weightsOf(layers[l], chosen[1]) : null;
  const sizes = pass.a[l].map((a, i) => Math.abs(w ? w[i] * a : a));
  return Array.from(sizes.keys()).sort((p, q) => sizes[q] - sizes[p]);
}

/**
 * The pages of `size` neurons, `most` on each, with the buttons that turn them and a text that says which are shown. `turn` is told that
 * another page is asked for; what it then does about the order is its own affair.
 * @param {number} size @param {number} most @param {(page: number) => void} turn
 */
export function neuronPages(size, most, turn) {
  const text = make("p", {class: "note", role: "status"}), last = Math.ceil(size / most) - 1;
  const [previous, next] = [["Previous", -1], ["Next", 1]].map(([text, by]) =>
    make("button", {type: "button", class: "button small", text, click: () => { turn(pages.page + Number(by)); keepFocus(); }}));
  const keepFocus = () => { if (previous.disabled) next.focus(); else if (next.disabled) previous.focus(); };
  const pages = {
    page: 0,
    parts: [text, make("div", {class: "buttons"}, previous, next)],
    /** The page that has a place of the order. @param {number} place */
    of: place => Math.floor(place / most),
    /** The places of a page in the order. @param {number} page @param {string} by what they are ordered by */
    show(page, by) {
      const from = page * most, to = Math.min(size, from + most);
      pages.page = page;
      previous.disabled = page === 0;
      next.disabled = page === last;
      text.textContent = `neurons ${from + 1} to ${to} of ${size}, by ${by} (ordered anew with each page)`;
      return [from, to];
    },
  };
  return pages;
}
