// A number that is turned: its name, a slider, its value.

import {make} from "../../../render/web/dom.js";
import {say} from "../../../render/web/numbers.js";

/**
 * @param {HTMLElement} place @param {string} name @param {{least: number, most: number, step: number, value: number}} range
 * @param {(value: number) => void} turned
 */
export function addSlider(place, name, {least, most, step, value}, turned) {
  const shown = make("output", {text: say(value)});
  const slider = make("input", {type: "range", min: least, max: most, step, value, "data-turn": name, input: () => {
    shown.textContent = say(Number(slider.value));
    slider.setAttribute("aria-valuetext", shown.textContent);
    turned(Number(slider.value));
  }});
  place.append(make("label", {class: "slider"}, make("span", {text: name}), slider, shown));
}
