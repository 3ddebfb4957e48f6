// A row of a table: a field for each column, or for each input where there are no columns.

const ANOTHER = Symbol("a level that the network has not met");

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
  const find = column.boolean ? value => value : levelIn(column.levels);
  choices.forEach(([text], k) => element.append(new Option(visible(text), k)));
  element.selectedIndex = column.boolean && column.fill < 0.5 ? 1 : 0;
  const place = value => choices.findIndex(choice => choice[1] === value);
  let given = ""; // the last text that was put in; none is chosen where it cannot be read
  const put = text => {
    const value = find(read(column, given = text));
    element.selectedIndex = place(value) < 0 ? place(ANOTHER) : place(value);
    return value !== undefined;
  };
  return {element, value: () => choices[element.selectedIndex]?.[1], text: () => given.trim(), put};
}

// The cells of lines that are separated by tabs, semicolons or commas; a cell in quotes may hold them.
function cellsOf(text) {
  const first = text.split(/\r?\n/, 1)[0].replace(/"[^"]*"/g, "");
  const cut = ["\t", ";", "|"].find(one => first.includes(one)) ?? ",";
  const mark = cut === "|" ? "\\|" : cut;
  const cell = new RegExp(` *("(?:[^"]|"")*"|[^${mark}\\r\\n]*) *(${mark}|\\r?\\n|$)`, "y"), rows = [[]];
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
