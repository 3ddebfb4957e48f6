// What the inputs, neurons and answers of a model are called.

/** @typedef {any} Model what the page's script works with: see pellucid/render/model_page/data.py */

/** Whether each neuron of the last layer is one class or one value of its own. @param {Model} model */
export const answersAreNeurons = model => !model.classes || model.classes.length === model.layers.at(-1).outputs;

/** Names of the answers: classes, values to predict, or questions. @param {Model} model @returns {string[]} */
export function answerNames(model) {
  if (model.classes) return model.classes;
  return Array.from({length: model.layers.at(-1).outputs}, (_, k) => model.targets[k]?.name ?? `output ${k}`);
}

/** What the outputs come to: a probability for each class, or values in their own units. @param {any} model @param {any} pass */
export function answersOf(model, pass) {
  const out = Array.from(pass.a.at(-1));
  if (model.classes) return out.length === 1 ? [1 - out[0], out[0]] : out;
  return out.map((y, k) => model.targets.length ? y * model.targets[k].scale + model.targets[k].mean : y);
}

/** Neuron j of layer l, from 0; layer 0 is the input. @param {Model} model @param {number} l @param {number} j */
export function nameOf(model, l, j) {
  if (l === 0) return model.image ? `pixel (${Math.floor(j / model.image[1])}, ${j % model.image[1]})` : model.features[j] ?? `x${j}`;
  if (l < model.layers.length || !answersAreNeurons(model)) return `neuron ${j} of layer ${l}`;
  return model.classes ? `class ${model.classes[j]}` : answerNames(model)[j];
}
