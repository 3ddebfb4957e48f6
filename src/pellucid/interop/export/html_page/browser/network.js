// The network: one pass forward, the same numbers as pellucid's, in double precision.

const model = JSON.parse(document.getElementById("model").textContent);

// Text that shows all that is in it: what is no printable character, or turns the direction of writing, as an escape.
function visible(text) {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, mark => {
    const code = mark.codePointAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
  });
}

model.classes &&= model.classes.map(visible);
model.features = model.features.map(visible);
for (const one of model.targets) one.name = visible(one.name);

function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), one => one.charCodeAt(0)).buffer;
  return Float64Array.from(model.dtype === "float64" ? new Float64Array(bytes) : new Float32Array(bytes));
}

const layers = model.layers.map(one => ({...one, W: unpacked(one.W), b: unpacked(one.b)}));

// f(z) = exp(z − max z) / Σ exp(z − max z); the other activations are written by the export, each from its formula
function softmax(z) {
  const most = Math.max(...z), e = z.map(x => Math.exp(x - most));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map(x => x / sum);
}

// From inputs x to every z and every a; a[0] is the input.
function forward(x) {
  const pass = {a: [Float64Array.from(x)], z: []};
  layers.forEach((layer, l) => {
    const a = pass.a[l], z = new Float64Array(layer.outputs);
    for (let j = 0; j < layer.outputs; j++) {
      // z = Σ W a + b
      let sum = layer.b[j];
      for (let i = 0; i < layer.inputs; i++) sum += layer.W[j * layer.inputs + i] * a[i];
      z[j] = sum;
    }
    pass.z.push(z);
    // a = f(z)
    pass.a.push(activations[l](z));
  });
  return pass;
}

// What the outputs come to: a probability for each class, or values in their own units.
function answers(pass) {
  const out = Array.from(pass.a[pass.a.length - 1]);
  if (model.classes) return out.length === 1 ? [1 - out[0], out[0]] : out;
  return out.map((y, k) => model.targets.length ? y * model.targets[k].scale + model.targets[k].mean : y);
}
