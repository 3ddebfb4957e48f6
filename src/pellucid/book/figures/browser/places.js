// Where things stand in the picture of a neuron, as drawn.py has drawn it.

const [LEFT, RIGHT, ABOVE, BELOW] = [30, 330, 10, 90], REACH = 6;

/** The line of a weight: blue and whole above 0, orange and dashed below, the wider the larger. @param {number} w */
export const edgeOf = w => ({kind: w < 0 ? "neg" : "pos", width: 1 + 2 * Math.abs(w)});

/** The point of the sigmoid's curve for a score and its answer; scores beyond the picture stand at its edge.
 * @param {number} z @param {number} a */
export function pointOn(z, a) {
  const within = Math.max(-REACH, Math.min(REACH, z));
  return [LEFT + (RIGHT - LEFT) * (within + REACH) / (2 * REACH), BELOW - (BELOW - ABOVE) * a];
}
