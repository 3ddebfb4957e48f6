// Gradient descent on L = θ²: where the steps lead, and how that is called.

/** All positions, the start included: θ ← θ − η · 2θ. @param {number} start @param {number} rate @param {number} steps */
export function descend(start, rate, steps) {
  const positions = [start];
  for (let k = 0; k < steps; k++) positions.push(positions[k] - rate * 2 * positions[k]);
  return positions;
}

/** What such a rate does to the distance from the lowest point: each step multiplies it by 1 − 2η. @param {number} rate */
export function verdictOn(rate) {
  const factor = 1 - 2 * rate, size = Math.abs(factor);
  if (size > 1 + 1e-9) return "It runs away: every step ends farther from the lowest point than it began.";
  if (size > 1 - 1e-9) return "It swings from side to side for ever.";
  if (factor < -1e-9) return "It swings from side to side, and comes nearer.";
  if (size < 1e-9) return "One step leads to the lowest point; only a parabola is so kind.";
  return size > 0.9 ? "It creeps: the direction is right, the steps are small." : "It comes down without a detour.";
}
