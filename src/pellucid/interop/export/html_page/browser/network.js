// The network: one pass forward, the same numbers as pellucid's, in double precision.

const model = JSON.parse(document.getElementById("model").textContent);

function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), one => one.charCodeAt(0)).buffer;
  return Float64Array.from(model.dtype === "float64" ? new Float64Array(bytes) : new Float32Array(bytes));
}

const layers = model.layers.map(one => ({...one, W: unpacked(one.W), b: unpacked(one.b)}));

const activations = {
  // f(z) = max(z, 0)
  "relu": z => z.map(x => Math.max(x, 0)),
  // f(z) = z where z > 0, else slope · z
  "leaky-relu": (z, f) => z.map(x => x > 0 ? x : f.slope * x),
  // f(z) = 1 / (1 + exp(−z))
  "sigmoid": z => z.map(x => 1 / (1 + Math.exp(-x))),
  // f(z) = tanh(z)
  "tanh": z => z.map(Math.tanh),
  // f(z) = z/2 · (1 + tanh(√(2/π) (z + 0.044715 z³)))
  "gelu": z => z.map(x => x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))),
  // f(z) = exp(z)
  "exp": z => z.map(Math.exp),
  // f(z) = z
  "identity": z => z.slice(),
  // f(z) = exp(z − max z) / Σ exp(z − max z)
  "softmax": z => {
    const most = Math.max(...z), e = z.map(x => Math.exp(x - most));
    const sum = e.reduce((a, b) => a + b, 0);
    return e.map(x => x / sum);
  },
};

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
    pass.a.push(activations[layer.f.name](z, layer.f));
  });
  return pass;
}

// What the outputs come to: a probability for each class, or values in their own units.
function answers(pass) {
  const out = Array.from(pass.a[pass.a.length - 1]);
  if (model.classes) return out.length === 1 ? [1 - out[0], out[0]] : out;
  return out.map((y, k) => model.targets.length ? y * model.targets[k].scale + model.targets[k].mean : y);
}
