// Every text of the studio.

/** Texts by their names. @type {Record<string, string>} */
export const WORDS = {
  menu: "Menu", theme: "Light or dark", opened: "What is opened", crumbs: "The way here", close: "Close", show: "Show", hide: "Hide",
  draw: "Draw a digit", row: "A row", plane: "A point of the plane", line: "A point of the line",
  network: "Every neuron, now", meant: "What was meant?", chooseMeant: "Choose it, and the loss and the way back appear.",
  teach: "Do this step", backward: "Backward,", next: "Next →", formulaBefore: "The formula before",
  train: "▶ Train", pause: "❚❚ Pause", step: "Step", epoch: "Epoch", slow: "Slow", time: "The step that is looked at",
  stepWord: "step", lossWord: "loss", clear: "Clear", undo: "Undo", undoStroke: "Undo stroke", undoStep: "Undo this step", redo: "Redo", file: "File …",
  nextSample: "Next", mistake: "Mistake", sure: "Surest mistake",
  paper: "Paper to draw on",
  how: "Mouse, finger or pen; a digit or a file can be drawn over. With keys: arrows move the pen, the space bar puts it down and lifts it, Delete takes the last change back.",
  paste: "Paste a row", pasteHow: "Values separated by commas or tabs, in the order above; or two lines, the first with names.",
  reading: "Blue is above 0 (+), orange below (−, dashed). The bar under a picture is the neuron's answer a. Choose one.",
  readingPlane: "Each picture is what that neuron says of every point: blue above 0 (+), orange below (−). Choose one.",
  readingDelta: "The second bar is δ: blue where the loss grows with the neuron's sum z, orange and from the other end where it falls.",
  planeHow: "Choose a point: click, or use the arrow keys.",
  noNumber: "The answer is no number, since a value is far too large.",
  tooManyTargets: "Too many values to type: pellucid explain knows their loss.",
  noCurve: "No step yet: press Train, and the loss is drawn here. The curve is the slider.",
  trainedBefore: "This network was trained before; your training starts here: press Train.",
  lost: "The studio has ended. What is drawn is still answered here; start it again with pellucid studio, and open the address that it prints.",
  back: "The studio is there again.", ok: "All right", cancel: "Cancel",
  gone: "ended", inTime: "Live", compareOff: "none",
  data: "Data", training: "Training", branches: "Branches", mistakes: "Mistakes", landscape: "Landscape", share: "Keep", tour: "Tour",
  // what if
  whatIf: "What if", which: "Which number", bias: "bias b", neuron: "this neuron", layerBiases: "all biases of this layer", value: "Value",
  change: "Change", freeze: "Freeze", off: "Switch off", free: "Let go", noEdits: "Nothing is changed. A change can be undone, to the very bits.",
  changedOnTheWay: "What was changed on the way stands in the journal, under Keep.",
  noInput: "A pixel or an input can be switched off.",
  // training
  findings: "What was found", nothingFound: "Nothing stands out.", knobs: "Knobs", set: "Set", branchWith: "Branch",
  past: "You look at a step of the past: what is set here makes a branch from it, and the course that was stays.",
  health: "Gradient and dead neurons", layerHead: "layer", gradientHead: "gradient, per weight", deadHead: "dead",
  healthNote: "Over a fixed batch of up to 256 samples. The gradient is the root mean square of dW and db, so that a large layer does not look larger.",
  epochs: "Epochs", trainLoss: "train loss", devLoss: "dev loss", devAccuracy: "dev accuracy",
  epochsNote: "The loss of train is the mean over the epoch, while it still learned; that of dev is of its end.",
  begin: "Begin anew", hidden: "hidden layers", activation: "activation", optimizer: "optimiser", seed: "seed", rate: "learning rate", batch: "batch size",
  forget: "Forget everything", forgetSure: "Forget it", forgetNote: "A new network with random weights takes the place of this one and its branches. The folder of a run stays.",
  keepIt: "Keep it",
  // branches
  branchHere: "Branch from here", name: "name", knob: "one knob turned", nothing: "nothing changed", compare: "Compare answers", compareStop: "Stop comparing", goOn: "Go on with it", drop: "Forget it",
  branchNote: "A branch is a second course of the training from one of its steps, with one thing changed or nothing at all. At most four.",
  // data
  dropHere: "Drop a table here (.csv, .tsv, .parquet, .feather, .npz), or", chooseFile: "Choose a file …",
  understood: "What was understood", column: "column", kind: "kind", becomes: "becomes", target: "To predict", whichTarget: "Which column is to be predicted?", useData: "Make a network for it", goOnWithData: "Go on with this one", dataNext: "It is learned from at the next epoch.",
  toys: "Small sets to play with", digits: "Digits (MNIST)", reads: "Reading it …",
  dataNote: "Making a network for other data forgets this one; the folder of its run stays.",
  // mistakes
  matrixNote: "A row for each true class, a column for what the network says. Choose a cell to see its samples.",
  noClasses: "The network answers with values: there are no classes to confuse.", refresh: "Count again",
  // landscape
  landNote: "One point of this map is one network with all its weights; its colour is its loss on the samples. The line is the way of training: ○ its start, ★ the network that it was computed for, and ● the step of the slider where that is another.",
  compute: "Compute the landscape", stop: "Stop", tooFew: "Train some steps first: the plane of the map is laid through the way of training.",
  landMap: "The loss around the network, from above", landHills: "The same as hills; drag sideways to turn them", turnLeft: "Turn left", turnRight: "Turn right",
  // share
  address: "Address of these settings", copy: "Copy", copied: "Copied.", addressNote: "It holds the settings and the step, never data and no key. Elsewhere: start a studio, open its address, and put the part from # of this one behind it. It offers to make the same run.",
  command: "Command line of this run", save: "Save", saveModel: "The model (.safetensors)", savePage: "A page of this network (.html)", saveReport: "The report (.html)", reportPast: "The report is of the finished run: go to its last step.", reportSoon: "The report is of the finished run: train to the end.", saveJournal: "The journal (.json)",
  journal: "Journal", noJournal: "Nothing was changed on the way.", endStudio: "End the studio", checkpoint: "A checkpoint into the run's folder",
  // tour
  skip: "Skip the tour", before: "Back", after: "Next", done: "Done",
};

/** Texts with something in them. */
export const SAY = {
  says: "It says ",
  sample: (/** @type {string} */ part, /** @type {number} */ number, /** @type {number} */ of) => `Sample ${group(number)} of ${group(of)} of the ${part} part.`,
  truth: (/** @type {string} */ label) => `True answer: ${label}.`,
  loss: (/** @type {string} */ loss, /** @type {string} */ more) => `Loss L = ${loss}${more}`,
  lossUnknown: (/** @type {string} */ name) => `The loss ${name} has no formula that a page can compute with.`,
  wayEnds: (/** @type {number} */ layer) => `. The way back ends above layer ${layer}: its slope has no formula that a page can compute with.`,
  place: (/** @type {number} */ at, /** @type {number} */ of) => `${at} of ${of}`,
  branchSays: (/** @type {string} */ name, /** @type {string} */ what) => `Branch ${name} says ${what}`,
  point: (/** @type {string} */ step, /** @type {string} */ loss, /** @type {string} */ accuracy) => `step ${step}: loss ${loss}${accuracy}`,
  accuracy: (/** @type {string} */ p) => `, accuracy ${p}`,
  curveNotKept: (/** @type {number} */ step) => `The curve before step ${group(step)} was not kept; the slider still goes there.`,
  pastNotKept: (/** @type {number} */ step) => `What came before step ${group(step)} was not kept; your training goes on from here.`,
  preview: (/** @type {string} */ step, /** @type {string} */ near) => near === step ? `looking at step ${step}` : `near step ${step} (the θ of step ${near}); let go, and it is exact`,
  seeking: (/** @type {string} */ step) => `Going to step ${step} …`,
  dataButton: (/** @type {string} */ name) => `Data: ${name}`,
  acts: (/** @type {string} */ when) => `acts at the ${when}`,
  pending: (/** @type {string} */ value) => `${value} from the next epoch on`,
  branchFrom: (/** @type {string} */ step, /** @type {string} */ knob, /** @type {string} */ value) => `Branch from step ${step} with ${knob} ${value}`,
  anew: (/** @type {string} */ what) => `Begin anew with ${what}`,
  fault: (/** @type {any} */ fault) => `It stopped at step ${group(fault.step)}${fault.layer ? ` in layer ${fault.layer}` : ""}: ${fault.message}`,
  good: (/** @type {number} */ step) => `Go to step ${group(step)}, the last good one`,
  score: (/** @type {string} */ samples, /** @type {string} */ name, /** @type {string} */ before, /** @type {string} */ now) => `${name} on ${samples} samples: ${before} → ${now}`,
  taught: (/** @type {string} */ part, /** @type {string} */ before, /** @type {string} */ now) => `${part} ${before} → ${now}`,
  scoreNow: (/** @type {string} */ samples, /** @type {string} */ name, /** @type {string} */ now) => `${name} on ${samples} samples: ${now}`,
  notANumber: (/** @type {string} */ text) => `“${text}” is not a number: what was there stays. Give one such as −2.5.`,
  held: (/** @type {number} */ count) => count ? `${count} held: ` : "",
  from: (/** @type {number} */ step, /** @type {string} */ name) => `from step ${group(step)} of ${name}`,
  at: (/** @type {number} */ step) => `at step ${group(step)}`,
  cell: (/** @type {string} */ truth, /** @type {string} */ said, /** @type {number} */ count) => `${group(count)} of class ${truth}, answered ${said}`,
  scored: (/** @type {string} */ part, /** @type {number} */ count) => `${group(count)} samples of the ${part} part.`,
  points: (/** @type {number} */ done, /** @type {number} */ of) => `${group(done)} of ${group(of)} points computed`,
  dead: (/** @type {number} */ dead, /** @type {number} */ of) => `${dead} of ${of}`,
  offered: (/** @type {string} */ what) => `This address asks for another run: ${what}.`,
  make: (/** @type {number} */ step) => step ? `Make it, to step ${group(step)}` : "Make it",
  saved: (/** @type {string} */ file) => `Saved: ${file}`,
  card: (/** @type {number} */ at, /** @type {number} */ of) => `${at} of ${of}`,
  samples: (/** @type {any} */ d) => `${d.name}: ${group(d.samples)} samples (${group(d.train)} train, ${group(d.dev)} dev, ${group(d.test)} test).`,
};

/** The tour: where each card points, its title, and what it says. */
export const CARDS = [
  ["#input-zone", "Draw", "Draw over this digit, or take the next one. The answer follows every stroke."],
  ["#network-zone", "Every neuron", "From left to right: what each neuron says of what you drew. A picture shows its weights. Choose a neuron, and lines show what feeds it."],
  ["#opened", "Open a number", "Its name, its formula, the numbers in it, its value. Terms stand by size; choose one to go to the neuron that it comes from."],
  ["#meant", "Say what was meant", "Then there is a loss, and a way back: a formula at a time with Next. Do this step changes the weights by it."],
  ["footer", "Train", "Train, pause, a step, an epoch. The curve is a slider: drag it, and everything goes back to that step, to the very bits."],
  ["[data-panel=training]", "Knobs", "Turn one, and it says when it acts. What goes wrong is found here, with a remedy that you may take as a branch."],
  ["[data-panel=data]", "Your own data", "A table of yours, or points in the plane. A form or the plane takes the place of the paper."],
  ["[data-panel=share]", "Keep it", "The model, a page, a report, the command line that makes the same run, and an address of these settings."],
];

/** A whole number in groups of three. @param {number} number */
export const group = number => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

/** Put the texts into a page: what it says, and what it is called. @param {ParentNode} place */
export function fillWords(place) {
  for (const one of place.querySelectorAll("[data-word]")) one.textContent = WORDS[String(one.getAttribute("data-word"))];
  for (const one of place.querySelectorAll("[data-name]")) one.setAttribute("aria-label", WORDS[String(one.getAttribute("data-name"))]);
}
