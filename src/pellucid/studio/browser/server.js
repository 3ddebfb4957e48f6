// What is asked of the server, and how its frames are read.

/** @typedef {{head: any, blocks: Record<string, any>}} Frame */

/** What went wrong, in the server's words. */
export class Refusal extends Error {
  /** @param {string} message @param {number} status */
  constructor(message, status) { super(message); this.status = status; }
}

/** @param {Response} answer */
async function readJson(answer) {
  const found = await answer.json().catch(() => ({error: answer.statusText}));
  if (!answer.ok) throw new Refusal(found.error, answer.status);
  return found;
}

/** @param {string} path @returns {Promise<any>} */
export const get = async path => readJson(await fetch(path));

/** @param {string} path @param {object} body @returns {Promise<any>} */
export const post = async (path, body) =>
  readJson(await fetch(path, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)}));

/** Send a file. @param {string} path @param {Blob} file @returns {Promise<any>} */
export const send = async (path, file) =>
  readJson(await fetch(path, {method: "POST", headers: {"Content-Type": "application/octet-stream"}, body: file}));

/** Tensors; null where nothing has changed. @param {string} query @returns {Promise<Frame | null>} */
export async function frame(query) {
  const answer = await fetch(`/frame?${query}`);
  if (answer.status === 204) return null;
  if (!answer.ok) return readJson(answer);
  return unpack(await answer.arrayBuffer());
}

/** @type {Record<string, any>} */
const TYPES = {float32: Float32Array, float64: Float64Array, int8: Int8Array, uint8: Uint8Array};

/** A frame from its bytes: PLF1, the length of the head, the head, the blocks. @param {ArrayBuffer} bytes @returns {Frame} */
export function unpack(bytes) {
  if (new TextDecoder().decode(bytes.slice(0, 4)) !== "PLF1") throw new Error("this is no frame");
  const length = new DataView(bytes).getUint32(4, true), start = 8 + length;
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  /** @type {Record<string, any>} */
  const blocks = {};
  for (const {name, type, at, bytes: size} of head.blocks)
    blocks[name] = new TYPES[type](bytes, start + at, size / TYPES[type].BYTES_PER_ELEMENT);
  return {head, blocks};
}

/**
 * Pour θ, as a frame has it (of each layer Wᵀ row after row, then b), into layers, whose W is row after row.
 * @param {import("../../render/web/pass.js").Layer[]} layers @param {ArrayLike<number>} theta
 */
export function pour(layers, theta) {
  let at = 0;
  for (const {W, b, inputs, outputs} of layers) {
    for (let i = 0; i < inputs; i++) for (let j = 0; j < outputs; j++) W[j * inputs + i] = theta[at++];
    for (let j = 0; j < outputs; j++) b[j] = theta[at++];
  }
}

/** Bytes from base64. @param {string} text */
export const bytesOf = text => Uint8Array.from(atob(text), one => one.charCodeAt(0));
