// From the columns of a row to the inputs of the network. A gap is null.

/** @typedef {{day: number, monday: number, cycles: Record<string, number>}} Calendar */

/** @type {Record<string, (c: any, x: any, calendar: Calendar) => number[]>} */
const columnInputs = {
  // (x − mean) / scale; a gap is `fill`, and one more input says so
  number: (c, x) => {
    const inputs = [((x === null ? c.fill : x) - c.mean) / c.scale];
    return c.gaps ? [...inputs, x === null ? 1 : 0] : inputs;
  },
  // 1 at the level that the row has, else 0; one input for other levels, one for gaps
  category: (c, x) => {
    const inputs = c.levels.map((/** @type {string} */ level) => x === level ? 1 : 0);
    if (c.others) inputs.push(x !== null && !c.levels.includes(x) ? 1 : 0);
    if (c.gaps) inputs.push(x === null ? 1 : 0);
    return inputs;
  },
  // (days − mean) / scale, days since 1970; sine and cosine of the place in each cycle; x is in seconds
  date: (c, x, {day, monday, cycles}) => {
    const days = (x === null ? c.fill : x) / day, inputs = [(days - c.mean) / c.scale];
    for (const cycle of c.cycles) {
      const turns = (days - monday) / cycles[cycle], place = turns - Math.floor(turns);
      inputs.push(Math.sin(2 * Math.PI * place), Math.cos(2 * Math.PI * place));
    }
    return c.gaps ? [...inputs, x === null ? 1 : 0] : inputs;
  },
};

/**
 * The inputs of a row, or the row itself where nothing is said of its columns.
 * @param {any[] | null} columns @param {any[]} values @param {Calendar} calendar @returns {number[]}
 */
export function inputsOf(columns, values, calendar) {
  return columns ? columns.flatMap((c, k) => columnInputs[c.kind](c, values[k], calendar)) : values.map(x => x ?? 0);
}
