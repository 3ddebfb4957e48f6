// A row of a table: a field for each column, or for each input where there are no columns.

import {inputsOf} from "./columns.js";
import {jointed, make, visible} from "./dom.js";
import {levelIn, read, typical} from "./texts.js";

const ANOTHER = Symbol("a level that the network has not met");

/**
 * A field: its element, its value (undefined where it cannot be read), its text, and how a text is put in, which says
 * whether it can be read.
 * @typedef {{element: any, value: () => any, text: () => string, put: (text: string) => boolean}} Field
 * @param {any} column @returns {Field}
 */
function writtenField(column) {
  const element = make("input", {
    type: "text", value: typical(column), inputmode: column.kind === "date" ? "text" : "decimal",
    placeholder: column.bare ? "a number" : column.kind === "date" ? "2026-12-31 or 2026-12-31T12:30" : "(missing)",
  });
  const value = () => read(column, element.value);
  return {element, value, text: () => element.value.trim(), put: text => { element.value = text; return value() !== undefined; }};
}

/** @param {any} column @returns {Field} */
function chosenField(column) {
  const element = make("select");
  const choices = column.boolean ? [["yes", 1], ["no", 0]] : [...column.levels.map((/** @type {string} */ one) => [one, one]), ["(another)", ANOTHER]];
  choices.push(["(missing)", null]);
  const find = column.boolean ? (/** @type {any} */ value) => value : levelIn(column.levels);
  choices.forEach(([text], k) => element.append(new Option(visible(text), String(k))));
  element.selectedIndex = column.boolean && column.fill < 0.5 ? 1 : 0;
  const place = (/** @type {any} */ value) => choices.findIndex(choice => choice[1] === value);
  let given = ""; // the last text that was put in; none is chosen where it cannot be read
  const put = (/** @type {string} */ text) => {
    const value = find(read(column, given = text));
    element.selectedIndex = place(value) < 0 ? place(ANOTHER) : place(value);
    return value !== undefined;
  };
  return {element, value: () => choices[element.selectedIndex]?.[1], text: () => given.trim(), put};
}

/** The cells of lines that are separated by tabs, semicolons or commas; a cell in quotes may hold them. @param {string} text */
export function cellsOf(text) {
  const first = text.split(/\r?\n/, 1)[0].replace(/"[^"]*"/g, "");
  const cut = ["\t", ";", "|"].find(one => first.includes(one)) ?? ",";
  const between = cut === "|" ? "\\|" : cut;
  const cell = new RegExp(` *("(?:[^"]|"")*"|[^${between}\\r\\n]*) *(${between}|\\r?\\n|$)`, "y");
  /** @type {string[][]} */
  const rows = [[]];
  for (let end = null; end !== "";) {
    const [, found, behind] = cell.exec(text) ?? ["", "", ""];
    end = behind;
    rows[rows.length - 1].push(/^".*"$/s.test(found) ? found.slice(1, -1).replaceAll('""', '"') : found.trim());
    if (end.endsWith("\n")) rows.push([]);
  }
  return rows;
}

/**
 * Put a pasted row into the fields; returns what is to be said of it.
 * @param {string} text @param {{name: string}[]} columns @param {{put: (text: string) => boolean}[]} fields
 */
export function pasteRow(text, columns, fields) {
  const rows = cellsOf(text), names = columns.map(column => column.name), all = names.length;
  const named = rows.length > 1 && rows[0].some(cell => names.includes(cell)), row = named ? rows[1] : rows[0];
  if (!named && row.length !== all) return `Nothing taken: ${row.length} of ${all} values, and no line of names before them.`;
  /** @type {string[]} */
  const kept = [], /** @type {string[]} */ unread = [];
  fields.forEach((field, k) => {
    const at = named ? rows[0].indexOf(names[k]) : k;
    if (at < 0 || row[at] === undefined) kept.push(names[k]);
    else if (!field.put(row[at])) unread.push(`${names[k]}: ${row[at]}`);
  });
  const more = rows.length > (named ? 2 : 1) ? " of the first row" : "";
  return `${all - kept.length - unread.length} of ${all} values${more} taken.`
    + (kept.length ? ` Not there, and left as they were: ${kept.join(", ")}.` : "")
    + (unread.length ? ` Cannot be read: ${unread.join(", ")}.` : "");
}

/**
 * Fill a form with fields. `see` is told the inputs and what stands in the fields, `seeNothing` why there are none.
 * @param {{form: any, paste: any, pasted: any}} places @param {{columns: any[] | null, features: string[], calendar: any}} model
 * @param {(inputs: number[], texts: string[]) => void} see @param {(why: string) => void} seeNothing
 */
export function startForm({form, paste, pasted}, model, see, seeNothing) {
  const bare = {kind: "number", fill: 0, bare: true};
  const described = model.columns ?? model.features.map(name => ({...bare, name}));
  const fields = described.map(column => column.kind === "category" || column.boolean ? chosenField(column) : writtenField(column));
  fields.forEach(({element}, k) => {
    element.id = `field-${k}`;
    element.addEventListener("input", changed);
    form.append(make("label", {for: element.id}, ...jointed(visible(described[k].name))), element);
  });
  form.addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  const textOf = (/** @type {Field} */ {element, text}) => element.selectedOptions?.[0]?.text ?? text();
  function changed() {
    const values = fields.map(field => field.value()), wrong = values.indexOf(undefined);
    fields.forEach(({element}, k) => element.setAttribute("aria-invalid", String(values[k] === undefined)));
    if (wrong < 0) see(inputsOf(model.columns, values, model.calendar), fields.map(textOf));
    else {
      const {name, kind, boolean} = described[wrong];
      seeNothing(`${visible(name)}: ${visible(fields[wrong].text() || "nothing")} cannot be read; give ${boolean ? "yes or no" : `a ${kind}`}.`);
    }
  }
  paste.addEventListener("input", () => {
    const text = paste.value.replace(/^[\r\n]+|[\r\n]+$/g, "");
    pasted.textContent = text ? visible(pasteRow(text, described, fields)) : "";
    changed();
  });
  changed();
}
