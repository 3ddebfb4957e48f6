"use strict";
// Unpack what the page carries, and run its script: the page's policy knows the hash of that text, and of no other.
(async () => {
const place = document.getElementById("packed"), ends = [0, ...place.dataset.ends.split(" ").map(Number)];
const bytes = Uint8Array.from(atob(place.textContent), one => one.charCodeAt(0));
const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
const whole = await new Response(stream).arrayBuffer();
const [script, model, parameters, pixels] = ends.slice(1).map((end, k) => new Uint8Array(whole, ends[k], end - ends[k]));
const text = part => new TextDecoder().decode(part);
window["packed"] = {model: JSON.parse(text(model)), parameters, pixels};
document.head.append(Object.assign(document.createElement("script"), {textContent: text(script)}));
})().catch(() => document.body.append("This browser cannot unpack the page: take one of 2023 or later."));
