// What the page knows: the state of the server, the network that is looked at, what is on the paper, what it came to.

/**
 * @typedef {object} Store
 * @property {any} state as GET /state has it
 * @property {any} model as GET /model has it
 * @property {any} net the network, with the θ that is looked at
 * @property {any} event the last `step`
 * @property {number} version of the θ that is looked at
 * @property {number} step of it
 * @property {any} view
 * @property {any} number
 * @property {any} pass
 * @property {number[]} said
 * @property {string[] | undefined} texts of a form
 * @property {number[] | null} x the input
 * @property {string | null} handle of the input, where the server knows it
 * @property {any} given what the input is for the server: a body for POST /input
 * @property {any} back
 * @property {number[] | null} meant
 * @property {number} label
 * @property {number} walked
 * @property {number[] | null} opened
 * @property {number[][]} trail
 * @property {any} other the network of the branch that is compared
 * @property {any} paper
 * @property {string} looking what is said of a step that is looked at before it is gone to
 * @property {Record<string, any>} courses points of each branch
 */

/** @type {Store} */
export const store = {
  state: null, model: null, net: null, event: null, version: -1, step: 0, view: null, number: null, pass: null, said: [],
  texts: undefined, x: null, handle: null, given: null, back: null, meant: null, label: -1, walked: 0, opened: null, trail: [],
  other: null, paper: null, looking: "", courses: {},
};

/** @type {Record<string, ((told?: any) => void)[]>} */
const heard = {};

/** Call back when something is told: `state`, `theta`, `pass`, `opened`, `step`, `landscape`.
 * @param {string} name @param {(told?: any) => void} then */
export function when(name, then) { (heard[name] ??= []).push(then); }

/** @param {string} name @param {any} [told] */
export function tell(name, told) { for (const then of heard[name] ?? []) then(told); }

/** Whether the step that is looked at lies behind the end of its branch. */
export const isPast = () => Boolean(store.state && store.state.run.step < store.state.run.last);
