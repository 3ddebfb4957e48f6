"use strict";
// Unpack what the page carries, and run its script and its style: the page's policy knows the hashes of these texts, and
// of no others. The style stands before the page's own, which has the last word.
(async () => {
const place = document.getElementById("packed"), ends = [0, ...(place?.dataset.ends ?? "").split(" ").map(Number)];
const bytes = Uint8Array.from(atob(place?.textContent ?? ""), one => one.charCodeAt(0));
const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
const whole = await new Response(stream).arrayBuffer();
const [script, style, model, parameters, pixels] = ends.slice(1).map((end, k) => new Uint8Array(whole, ends[k], end - ends[k]));
/** @param {Uint8Array<ArrayBuffer>} part */
const text = part => new TextDecoder().decode(part);
Object.assign(window, {packed: {model: JSON.parse(text(model)), parameters, pixels}});
for (const [kind, part] of Object.entries({style, script}))
document.head.prepend(Object.assign(document.createElement(kind), {textContent: text(part)}));
})().catch(() => document.body.append("This browser cannot unpack the page: take one of 2023 or later."));
