// Numbers as people read them: six digits in formulas, three places in tables, a true minus, no 100 % that is none.

/** @param {string} text */
const minus = text => text.replaceAll("-", "−");

/**
 * A number with six digits; what is nearly 1 has more, since its distance counts.
 * @param {number} value
 */
export function say(value) {
  const size = Math.abs(value), off = Math.abs(1 - value);
  if (size === 0) return "0";
  if (off > 0 && off < 1e-5) return value.toFixed(Math.min(17, 2 - Math.floor(Math.log10(off))));
  if (size >= 1e9 || size < 1e-4) return minus(String(Number(value.toPrecision(6)).toExponential()));
  return minus(size >= 1e5 ? value.toFixed(0) : String(Number(value.toPrecision(6))));
}

/** A number that fits into seven characters. @param {number} value */
export function short(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e5 || size < 5e-4) return minus(value.toExponential(1));
  return minus(size >= 1e3 ? value.toFixed(0) : size >= 100 ? value.toFixed(1) : value.toFixed(3));
}

/** The same with its sign, + or −. @param {number} value */
export const signed = value => (value > 0 ? "+" : "") + short(value);

/** A probability; 100 % and 0 % only where it is that. @param {number} p */
export function percent(p) {
  if (p >= 0.9995 && p < 1) return ">99.9 %";
  if (p > 0 && p < 0.0005) return "<0.1 %";
  return `${(100 * p).toFixed(p === 0 || p === 1 ? 0 : 1)} %`;
}

/**
 * A formula with numbers in place of its letters; negative ones stand in brackets where they follow something.
 * @param {string} formula @param {Record<string, number>} letters
 */
export function put(formula, letters) {
  return formula.replace(/(?<![\w.])[A-Za-z_]\w*/g, (name, place) => {
    if (!Object.hasOwn(letters, name)) return name;
    const text = say(letters[name]), before = formula.slice(0, place), after = formula.slice(place + name.length);
    const bare = /(^|\(|, )$/.test(before) && !/^[²³]| \*\*/.test(after);
    return bare || !text.startsWith("−") ? text : `(${text})`;
  });
}
