// Elements of a page, made and found.

/** The element with an id. @param {string} id @returns {any} */
export const byId = id => document.getElementById(id);

/**
 * Make an element: functions listen, `text` is its text, all else are attributes (none for undefined and false).
 * @param {string} tag @param {Record<string, any>} [given] @param {...(Node | string)} inner @returns {any}
 */
export function make(tag, given = {}, ...inner) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name === "text") element.textContent = value;
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...inner);
  return element;
}

/** Say a number in an attribute, with all its digits; take the attribute away where there is none.
 * @param {HTMLElement} element @param {string} name @param {number | undefined} value */
export function mark(element, name, value) {
  if (value === undefined) element.removeAttribute(`data-${name}`);
  else element.setAttribute(`data-${name}`, String(value));
}

/** A name that breaks into lines behind each "_", and within a word only where it must. @param {string} name @returns {Node[]} */
export const jointed = name => name.split(/(?<=_)/).flatMap((part, k) => [...k ? [make("wbr")] : [], document.createTextNode(part)]);

/**
 * Text that shows all that is in it: what is no printable character, or turns the direction of writing, as an escape.
 * @param {string} text
 */
export function visible(text) {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, mark => {
    const code = Number(mark.codePointAt(0)).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
  });
}
