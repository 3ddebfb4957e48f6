// From the texts of a row to the values of its columns, as the data were read in training.

const YES = ["yes", "y", "true", "t", "1"], NO = ["no", "n", "false", "f", "0"], BARE = {texts: ["", "nan"], numbers: []};
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ]((?:[01]\d|2[0-3]):\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/i;
const MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

/** A text as a column takes it: null for a gap, undefined where it cannot be read. @param {any} column @param {string} text */
export function read(column, text) {
  const given = text.trim(), word = given.toLowerCase(), marks = column.marks ?? BARE;
  if (marks.texts.includes(word) || NUMBER.test(word) && marks.numbers.includes(Number(word))) return column.bare ? undefined : null;
  if (column.boolean) return YES.includes(word) || meaning(word) === 1 ? 1 : NO.includes(word) || meaning(word) === 0 ? 0 : undefined;
  if (column.kind === "category") return given;
  if (column.kind === "date") return readDate(column.form, given);
  const number = readNumber(column, given);
  return marks.numbers.includes(number) ? null : number;
}

// A number as Python writes it, or, where training wrote them otherwise, in that form: $1,234.50 or 1.234,5.
/** @param {any} column @param {string} text */
function readNumber(column, text) {
  if (!column.written) return NUMBER.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined;
  const {pattern, between, point} = column.written;
  const plain = text.replace(/[\u00a0\u2007\u2009\u202f]/g, " ").replaceAll("’", "'").replaceAll("−", "-");
  const found = new RegExp(`^(?:${pattern})$`).exec(plain);
  if (!found) return undefined;
  const [, opens, sign, second, digits, power = "", closes] = found;
  if ((opens === "(") !== (closes === ")") || sign && second || opens && (sign || second)) return undefined;
  const x = Number((between ? digits.replaceAll(between, "") : digits).replace(point, ".") + power);
  return !Number.isFinite(x) ? undefined : opens || sign === "-" || second === "-" ? -x : x;
}

// A date as 2026-12-31, with or without a time, or in the form in which training wrote them: seconds since 1970.
/** @param {string} form @param {string} text */
function readDate(form, text) {
  const [whole, day, time, zone] = DATE.exec(text) ?? [];
  if (!whole) return readForm(form, text);
  if (!isDay(day)) return undefined;
  const moment = Date.parse(time ? `${day}T${time}${zone?.toUpperCase() ?? "Z"}` : day);
  return Number.isNaN(moment) ? undefined : moment / 1000;
}

// Whether the calendar has a day: of the 30th of February a browser makes the 2nd of March.
/** @param {string} text */
function isDay(text) {
  const day = new Date(`${text}T00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** A date in a form such as %d.%m.%Y %H:%M. @param {string} form @param {string} text */
function readForm(form, text) {
  if (!form?.includes("%")) return undefined;
  /** @type {string[]} */
  const names = [];
  /** @type {Record<string, string>} */
  const parts = {Y: "\\d{4}", y: "\\d\\d", b: "[a-z]{3}", B: "[a-z]+", p: "[ap]m"};
  const pattern = form.replace(/[.+]/g, "\\$&").replace(/%(.)/g, (_, name) => {
    names.push(name);
    return `(${parts[name] ?? (form === "%Y%m%d" || form.includes("T%H%M") ? "\\d\\d" : "\\d\\d?")})`;
  });
  const found = new RegExp(`^${pattern}$`, "i").exec(text);
  if (!found) return undefined;
  const at = Object.fromEntries(names.map((name, k) => [name, found[k + 1]]));
  const year = at.Y ?? (Number(at.y) < 69 ? 2000 : 1900) + Number(at.y), word = (at.b ?? at.B)?.toLowerCase();
  const month = word ? 1 + MONTHS.findIndex(name => at.b ? name.startsWith(word) : name === word) : Number(at.m);
  const half = at.p?.toLowerCase() === "pm" ? 12 : 0;
  const hour = at.I ? Number(at.I) % 12 + half : Number(at.H ?? 0);
  const two = (/** @type {number | string} */ number) => String(number).padStart(2, "0"), day = `${year}-${two(month)}-${two(at.d ?? 1)}`;
  if (!isDay(day) || hour > 23 || Number(at.I) > 12 || Number(at.I) < 1) return undefined;
  const moment = Date.parse(`${day}T${two(hour)}:${two(at.M ?? 0)}:${two(at.S ?? 0)}Z`);
  return Number.isNaN(moment) ? undefined : moment / 1000;
}

// What a text means where several texts say the same: 3067.0 and 3067, TRUE and true, a day with and without its midnight.
/** @param {string} text */
function meaning(text) {
  if (NUMBER.test(text)) return Number(text);
  const word = text.toLowerCase();
  if (word === "true" || word === "false") return word;
  return DATE.test(text) ? readDate("", text) + " s" : undefined;
}

/** What finds the level that a text is, or else means; the text itself where there is none. @param {string[]} levels */
export function levelIn(levels) {
  const meant = levels.map(meaning);
  return (/** @type {any} */ text) => {
    if (typeof text !== "string" || levels.includes(text)) return text;
    const said = meaning(text), only = said !== undefined && meant.indexOf(said) === meant.lastIndexOf(said);
    return only ? levels[meant.indexOf(said)] ?? text : text;
  };
}

/** The value that stands for a gap, as text. @param {any} column */
export function typical(column) {
  if (column.kind !== "date") {
    const {before = "", point = ".", behind = ""} = column.written ?? {};
    return before + String(column.fill).replace(".", point) + behind;
  }
  const moment = new Date(column.fill * 1000);
  return Number.isNaN(moment.getTime()) ? "" : moment.toISOString().replace(/(T00:00)?(:00)?\.000Z$/, "");
}
