// A row of a table: a field for each column, or for each input where there are no columns.

const GAPS = ["", "nan", "na", "n/a", "null", "none", "?", "-"];
const fields = [];

function fieldFor(column, k) {
  const label = document.createElement("label");
  label.textContent = column.name;
  label.htmlFor = `field-${k}`;
  const field = document.createElement(column.kind === "category" || column.boolean ? "select" : "input");
  field.id = label.htmlFor;
  const options = column.boolean ? [["1", "yes"], ["0", "no"]] : (column.levels ?? []).map(one => [one, one]);
  if (field.tagName === "SELECT") {
    const more = column.boolean ? [["", "(missing)"]] : [["\u0000", "(another)"], ["", "(missing)"]];
    for (const [value, text] of [...options, ...more]) field.append(new Option(text, value));
    field.value = column.boolean ? String(Math.round(column.fill)) : column.levels[0] ?? "";
  } else {
    field.type = "text";
    field.inputMode = column.kind === "date" ? "text" : "decimal";
    field.placeholder = column.kind === "date" ? "2026-12-31 or 2026-12-31T12:30" : "(missing)";
    field.value = column.kind === "date" ? new Date(column.fill * 1000).toISOString().slice(0, 10)
      : String(Number(column.fill.toPrecision(6)));
  }
  return [label, field];
}

// The value of a field as the network's columns take it; undefined where it cannot be read.
function valueOf(column, field) {
  const text = field.value.trim();
  if (field.tagName === "SELECT" && !column.boolean) return field.value === "" ? null : field.value;
  if (GAPS.includes(text.toLowerCase())) return null;
  if (column.kind === "date") {
    const moment = Date.parse(/T|\d \d/.test(text) ? text.replace(" ", "T") + (/Z|[+-]\d\d:?\d\d$/.test(text) ? "" : "Z") : text);
    return /^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(moment) ? moment / 1000 : undefined;
  }
  return Number.isFinite(Number(text)) ? Number(text) : undefined;
}

function startForm(see) {
  const described = model.columns ?? model.features.map(name => ({name, kind: "number", fill: 0}));
  const form = document.getElementById("row");
  described.forEach((column, k) => {
    const [label, field] = fieldFor(column, k);
    form.append(label, field);
    fields.push(field);
    field.addEventListener("input", changed);
  });
  form.addEventListener("submit", event => event.preventDefault());
  function changed() {
    const values = described.map((column, k) => valueOf(column, fields[k]));
    values.forEach((value, k) => fields[k].setAttribute("aria-invalid", String(value === undefined)));
    const wrong = values.indexOf(undefined);
    if (wrong < 0) see(inputsOf(values));
    else document.getElementById("answer").textContent = `${described[wrong].name}: ${fields[wrong].value} cannot be read.`;
  }
  document.getElementById("paste").addEventListener("input", event => {
    const lines = event.target.value.trim().split(/\r?\n/);
    const cut = lines[0].includes("\t") ? "\t" : lines[0].includes(";") && !lines[0].includes(",") ? ";" : ",";
    const cells = lines.map(line => line.split(cut).map(cell => cell.trim().replace(/^"(.*)"$/, "$1")));
    const names = cells.length > 1 ? cells[0] : described.map(column => column.name);
    let taken = 0;
    described.forEach((column, k) => {
      const at = names.indexOf(column.name);
      if (at < 0 || cells[cells.length - 1][at] === undefined) return;
      const value = cells[cells.length - 1][at], field = fields[k], gap = GAPS.includes(value.toLowerCase());
      const yes = {true: "1", yes: "1", "1": "1", false: "0", no: "0", "0": "0"};
      if (column.boolean) field.value = gap ? "" : yes[value.toLowerCase()] ?? "";
      else if (field.tagName === "SELECT") field.value = gap ? "" : column.levels.includes(value) ? value : "\u0000";
      else field.value = value;
      taken += 1;
    });
    document.getElementById("pasted").textContent = `${taken} of ${described.length} values taken.`;
    changed();
  });
  changed();
}
