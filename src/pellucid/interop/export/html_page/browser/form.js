// A row of a table: a field for each column, or for each input where there are no columns.

const GAPS = ["", "nan", "na", "n/a", "null", "none", "?", "-"];
const YES = ["yes", "y", "true", "t", "1"], NO = ["no", "n", "false", "f", "0"];
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ]((?:[01]\d|2[0-3]):\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/i;
const ANOTHER = Symbol("a level that the network has not met");

// A text as a column takes it: null for a gap, undefined where it cannot be read.
function read(column, text) {
  const given = text.trim(), word = given.toLowerCase();
  if (GAPS.includes(word)) return column.bare ? undefined : null;
  if (column.boolean) return YES.includes(word) ? 1 : NO.includes(word) ? 0 : undefined;
  if (column.kind === "category") return given;
  if (column.kind === "number") return NUMBER.test(word) && Number.isFinite(Number(word)) ? Number(word) : undefined;
  const [whole, day, time, zone] = DATE.exec(given) ?? [];
  if (!whole || !isDay(day)) return undefined;
  const moment = Date.parse(time ? `${day}T${time}${zone?.toUpperCase() ?? "Z"}` : day);
  return Number.isNaN(moment) ? undefined : moment / 1000;
}

// Whether the calendar has a day: of the 30th of February a browser makes the 2nd of March.
function isDay(text) {
  const day = new Date(`${text}T00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

// The value that stands for a gap, as text.
function typical(column) {
  if (column.kind !== "date") return String(column.fill);
  const moment = new Date(column.fill * 1000);
  return Number.isNaN(moment.getTime()) ? "" : moment.toISOString().replace(/(T00:00)?(:00)?\.000Z$/, "");
}

// A field: its element, its value (undefined where it cannot be read), its text, and how a text is put in, which says
// whether it can be read.
function writtenField(column) {
  const element = Object.assign(document.createElement("input"), {type: "text", value: typical(column)});
  element.inputMode = column.kind === "date" ? "text" : "decimal";
  element.placeholder = column.bare ? "a number" : column.kind === "date" ? "2026-12-31 or 2026-12-31T12:30" : "(missing)";
  const value = () => read(column, element.value);
  return {element, value, text: () => element.value.trim(), put: text => { element.value = text; return value() !== undefined; }};
}

function chosenField(column) {
  const element = document.createElement("select");
  const choices = column.boolean ? [["yes", 1], ["no", 0]] : [...column.levels.map(one => [one, one]), ["(another)", ANOTHER]];
  choices.push(["(missing)", null]);
  choices.forEach(([text], k) => element.append(new Option(visible(text), k)));
  element.selectedIndex = column.boolean && column.fill < 0.5 ? 1 : 0;
  const place = value => choices.findIndex(choice => choice[1] === value);
  let given = ""; // the last text that was put in; none is chosen where it cannot be read
  const put = text => {
    const value = read(column, given = text);
    element.selectedIndex = place(value) < 0 ? place(ANOTHER) : place(value);
    return value !== undefined;
  };
  return {element, value: () => choices[element.selectedIndex]?.[1], text: () => given.trim(), put};
}

// The cells of lines that are separated by tabs, semicolons or commas; a cell in quotes may hold them.
function cellsOf(text) {
  const first = text.split(/\r?\n/, 1)[0].replace(/"[^"]*"/g, "");
  const cut = ["\t", ";"].find(one => first.includes(one)) ?? ",";
  const cell = new RegExp(` *("(?:[^"]|"")*"|[^${cut}\\r\\n]*) *(${cut}|\\r?\\n|$)`, "y"), rows = [[]];
  for (let end = null; end !== "";) {
    const found = cell.exec(text);
    end = found[2];
    rows.at(-1).push(/^".*"$/s.test(found[1]) ? found[1].slice(1, -1).replaceAll('""', '"') : found[1].trim());
    if (end.endsWith("\n")) rows.push([]);
  }
  return rows;
}

// Put a pasted row into the fields; returns what is to be said of it.
function paste(text, columns, fields) {
  const rows = cellsOf(text), names = columns.map(column => column.name), all = names.length;
  const named = rows.length > 1 && rows[0].some(cell => names.includes(cell)), row = named ? rows[1] : rows[0];
  if (!named && row.length !== all) return `Nothing taken: ${row.length} of ${all} values, and no line of names before them.`;
  const kept = [], unread = [];
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

function startForm(see, seeNothing) {
  const bare = {kind: "number", fill: 0, bare: true}, form = document.getElementById("row");
  const described = model.columns ?? model.features.map(name => ({...bare, name}));
  const fields = described.map(column => column.kind === "category" || column.boolean ? chosenField(column) : writtenField(column));
  fields.forEach(({element}, k) => {
    const label = document.createElement("label");
    label.textContent = visible(described[k].name);
    label.htmlFor = element.id = `field-${k}`;
    form.append(label, element);
    element.addEventListener("input", changed);
  });
  form.addEventListener("submit", event => event.preventDefault());
  function changed() {
    const values = fields.map(field => field.value()), wrong = values.indexOf(undefined);
    fields.forEach(({element}, k) => element.setAttribute("aria-invalid", String(values[k] === undefined)));
    if (wrong < 0) see(inputsOf(values));
    else {
      const {name, kind, boolean} = described[wrong];
      seeNothing(`${visible(name)}: ${visible(fields[wrong].text() || "nothing")} cannot be read; give ${boolean ? "yes or no" : `a ${kind}`}.`);
    }
  }
  document.getElementById("paste").addEventListener("input", event => {
    const text = event.target.value.replace(/^[\r\n]+|[\r\n]+$/g, "");
    document.getElementById("pasted").textContent = text ? visible(paste(text, described, fields)) : "";
    changed();
  });
  changed();
}
