// From a drawing to the pixels that the network sees: in MNIST's form, or only resized.

const BOX = 20, MIDDLE = 14;

// Grey values of a canvas, 0 to 255, row after row.
function greyOf(canvas) {
  const {data} = canvas.getContext("2d", {willReadFrequently: true}).getImageData(0, 0, canvas.width, canvas.height);
  return Float64Array.from({length: data.length / 4}, (_, i) =>
    0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]);
}

// The mean of grey (width × height) over the area of each of w × h pixels, which stand for a part of it.
function averaged(grey, width, part, w, h) {
  const out = new Float64Array(w * h), sx = part.w / w, sy = part.h / h;
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) {
    let sum = 0, area = 0;
    const top = part.y + y * sy, left = part.x + x * sx;
    for (let v = Math.floor(top); v < top + sy - 1e-9; v++) for (let u = Math.floor(left); u < left + sx - 1e-9; u++) {
      const share = (Math.min(v + 1, top + sy) - Math.max(v, top)) * (Math.min(u + 1, left + sx) - Math.max(u, left));
      sum += share * grey[v * width + u];
      area += share;
    }
    out[y * w + x] = sum / area;
  }
  return out;
}

// Light ink on dark: the ink in a box of 20 × 20, its centre of mass in the middle of 28 × 28; null where there is none.
function mnistForm(grey, width, height) {
  let left = width, right = -1, top = height, bottom = -1;
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (grey[y * width + x] > 40) {
    left = Math.min(left, x); right = Math.max(right, x); top = Math.min(top, y); bottom = Math.max(bottom, y);
  }
  if (right < 0) return null;
  const part = {x: left, y: top, w: right - left + 1, h: bottom - top + 1};
  const scale = BOX / Math.max(part.w, part.h);
  const w = Math.max(1, Math.round(part.w * scale)), h = Math.max(1, Math.round(part.h * scale));
  const ink = averaged(grey, width, part, w, h);
  let mass = 0, mx = 0, my = 0;
  ink.forEach((value, i) => { mass += value; mx += value * (i % w); my += value * Math.floor(i / w); });
  const dx = Math.round(MIDDLE - mx / mass), dy = Math.round(MIDDLE - my / mass), out = new Uint8Array(784);
  ink.forEach((value, i) => {
    const x = i % w + dx, y = Math.floor(i / w) + dy;
    if (x >= 0 && x < 28 && y >= 0 && y < 28) out[y * 28 + x] = Math.round(value);
  });
  return out;
}

// The bytes that the network sees of a canvas.
function pixelsOf(canvas) {
  const [h, w] = model.image, grey = greyOf(canvas);
  if (model.form === "mnist" && h === 28 && w === 28) return mnistForm(grey, canvas.width, canvas.height) ?? new Uint8Array(784);
  const whole = {x: 0, y: 0, w: canvas.width, h: canvas.height};
  return Uint8Array.from(averaged(grey, canvas.width, whole, w, h), Math.round);
}

// Draw bytes (h × w) on a canvas.
function show(canvas, bytes, w, h) {
  canvas.width = w;
  canvas.height = h;
  const picture = new ImageData(w, h);
  bytes.forEach((value, i) => picture.data.set([value, value, value, 255], 4 * i));
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

function startDrawing(see) {
  const paper = document.getElementById("paper"), pen = paper.getContext("2d", {willReadFrequently: true});
  const strokes = [];
  let drawing = false;
  const place = event => {
    const box = paper.getBoundingClientRect();
    return [(event.clientX - box.left) * paper.width / box.width, (event.clientY - box.top) * paper.height / box.height];
  };
  const changed = () => see(pixelsOf(paper));
  const redraw = () => {
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, paper.width, paper.height);
    Object.assign(pen, {strokeStyle: "#fff", fillStyle: "#fff", lineWidth: 22, lineCap: "round", lineJoin: "round"});
    for (const stroke of strokes) {
      pen.beginPath();
      stroke.forEach(([x, y]) => pen.lineTo(x, y));
      if (stroke.length === 1) pen.lineTo(stroke[0][0] + 0.1, stroke[0][1]);
      pen.stroke();
    }
    changed();
  };
  paper.addEventListener("pointerdown", event => {
    drawing = true;
    if (event.isTrusted) paper.setPointerCapture(event.pointerId);
    strokes.push([place(event)]);
    redraw();
  });
  paper.addEventListener("pointermove", event => {
    if (!drawing) return;
    strokes[strokes.length - 1].push(place(event));
    redraw();
  });
  for (const end of ["pointerup", "pointercancel"]) paper.addEventListener(end, () => { drawing = false; });
  document.getElementById("clear").addEventListener("click", () => { strokes.length = 0; redraw(); });
  document.getElementById("undo").addEventListener("click", () => { strokes.pop(); redraw(); });
  document.getElementById("file").addEventListener("change", event => open(event.target.files[0]));
  paper.addEventListener("dragover", event => event.preventDefault());
  paper.addEventListener("drop", event => { event.preventDefault(); open(event.dataTransfer.files[0]); });
  addEventListener("paste", event => { if (event.clipboardData.files.length) open(event.clipboardData.files[0]); });

  // Put a picture on the paper: dark ink on light paper becomes light ink on dark.
  async function open(file) {
    if (!file) return;
    const picture = await createImageBitmap(file).catch(() => null);
    if (!picture) { document.getElementById("answer").textContent = `${file.name} is no picture.`; return; }
    strokes.length = 0;
    redraw();
    const plain = model.form !== "mnist", scale = Math.min(paper.width / picture.width, paper.height / picture.height);
    const w = plain ? paper.width : picture.width * scale, h = plain ? paper.height : picture.height * scale;
    pen.drawImage(picture, (paper.width - w) / 2, (paper.height - h) / 2, w, h);
    if (!plain) lightInk(pen, (paper.width - w) / 2, (paper.height - h) / 2, w, h);
    changed();
  }

  for (const sample of model.samples) {
    const bytes = Uint8Array.from(atob(sample.pixels), one => one.charCodeAt(0));
    const button = document.createElement("button"), picture = document.createElement("canvas");
    button.type = "button";
    button.setAttribute("aria-label", `Try a real ${sample.name}`);
    show(picture, bytes, model.image[1], model.image[0]);
    button.append(picture);
    button.addEventListener("click", () => { strokes.length = 0; redraw(); see(bytes); });
    document.getElementById("samples").append(button);
  }
  redraw();
}

// Turn a picture whose border is light, and take away what is not ink.
function lightInk(pen, x, y, w, h) {
  const box = [Math.round(x), Math.round(y), Math.max(1, Math.round(w)), Math.max(1, Math.round(h))];
  const part = pen.getImageData(...box), {data, width, height} = part, border = [];
  const grey = i => 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
  for (let k = 0; k < width * height; k++) {
    const u = k % width, v = Math.floor(k / width);
    if (u === 0 || v === 0 || u === width - 1 || v === height - 1) border.push(grey(k));
  }
  const paperGrey = border.sort((a, b) => a - b)[border.length >> 1], light = paperGrey > 127;
  for (let k = 0; k < width * height; k++) {
    const ink = Math.min(255, Math.max(0, 1.3 * (light ? paperGrey - grey(k) : grey(k) - paperGrey)));
    data.set([ink, ink, ink, 255], 4 * k);
  }
  pen.putImageData(part, box[0], box[1]);
}
