// The model and how letters are drawn from it. No part of this half touches the page.
// The names are those of the Python package `models`, so that the two can be read side by side,
// and the same seed gives the same names in both.

// Random numbers. A draw depends on (seed, row, step) alone, not on how many were made before it:
// name number `row` keeps its random numbers when the names before it become longer or shorter.

/** The 32-bit finaliser of MurmurHash3: spreads every input bit over all output bits. */
function fmix32(h) {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A number in [0, 1): output number `step` of mulberry32, on a stream of its own for each row. */
function uniform(seed, row, step) {
  const stream = fmix32(seed ^ fmix32((row + 0x9e3779b9) | 0));
  let t = (stream + Math.imul(step + 1, 0x6d2b79f5)) | 0;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

// From logits to a letter.

/** Added up from the left, as Python does here: sums of floats depend on their order. */
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** Probabilities at a temperature; temperature 0 gives all of it to the largest logit. */
function softmax(logits, temperature) {
  const largest = Math.max(...logits);
  if (temperature === 0) {
    const best = logits.indexOf(largest); // the lowest id on ties
    return logits.map((_, id) => (id === best ? 1 : 0));
  }
  // Without the largest logit subtracted, exp would overflow for large logits.
  const weights = logits.map((logit) => Math.exp((logit - largest) / temperature));
  const total = sum(weights);
  return weights.map((weight) => weight / total);
}

/** The ids that top-k and then top-p keep. Ties go to the lower id. */
function kept_ids(probs, top_k, top_p) {
  let ids = [...probs.keys()].sort((a, b) => probs[b] - probs[a] || a - b);
  if (top_k !== null) ids = ids.slice(0, top_k);
  if (top_p !== null && top_p < 1) {
    const total = sum(ids.map((id) => probs[id]));
    let reached = 0;
    const crossing = ids.findIndex((id) => (reached += probs[id] / total) >= top_p);
    if (crossing >= 0) ids = ids.slice(0, crossing + 1); // the letter that reaches p stays
  }
  return new Set(ids);
}

/** The probabilities that a letter is drawn from: temperature, then top-k, then top-p. */
function distribution(logits, { temperature, top_k, top_p }) {
  let probs = softmax(logits, temperature);
  if (top_k !== null || top_p !== null) {
    const kept = kept_ids(probs, top_k, top_p);
    probs = probs.map((p, id) => (kept.has(id) ? p : 0));
  }
  const total = sum(probs);
  return probs.map((p) => p / total);
}

/** The smallest id whose cumulative probability exceeds u. */
function draw(probs, u) {
  let reached = 0;
  const id = probs.findIndex((p) => (reached += p) > u);
  return id >= 0 ? id : probs.findLastIndex((p) => p > 0); // rounding may end just below 1
}

// Models. Each kind is one function: it takes the config and the tensors, and returns
// next_logits(ids), the V scores of the symbol that follows `ids` (ids[0] is '.', id 0).
const KINDS = {
  /** logits[a, b] = ln P(b | a): only the last letter counts. */
  bigram({ alphabet }, { logits }) {
    const size = alphabet.length;
    if (String(logits.shape) !== `${size},${size}`) {
      throw new Error(`the table is ${logits.shape.join(" x ")}, but there are ${size} symbols`);
    }
    const row = (id) => logits.values.subarray(id * size, (id + 1) * size);
    return (ids) => Float64Array.from(row(ids.at(-1)));
  },
};

/** safetensors: 8 bytes with the length of a JSON header, that header, then the numbers. */
function read_safetensors(bytes) {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true)); // little-endian
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [start, end] = data_offsets.map((offset) => 8 + length + offset);
    if (dtype !== "F32") throw new Error(`the tensor ${name} is ${dtype}, not F32`);
    if (end > bytes.length) throw new Error(`the tensor ${name} is cut off`);
    tensors[name] = { shape, values: new Float32Array(bytes.slice(start, end).buffer) };
  }
  return tensors;
}

/** A model: its alphabet, and the function that scores what comes next. */
function load_model(config, bytes) {
  const { kind, alphabet } = config;
  if (!Object.hasOwn(KINDS, kind)) throw new Error(`this page cannot run the kind “${kind}”`);
  return { alphabet, next_logits: KINDS[kind](config, read_safetensors(bytes)) };
}

// From letters to names.

const DEFAULTS = {
  prompt: "", temperature: 1, top_k: null, top_p: null, seed: 0, count: 1, max_len: 50,
};

const whole = (number, low, high) => Number.isInteger(number) && number >= low && number <= high;

/** What is wrong with the settings: a map from a setting's name to a sentence, empty if nothing. */
function problems(model, { prompt, temperature, top_k, top_p, seed, count, max_len }) {
  const found = new Map();
  const demand = (name, fine, sentence) => fine || found.set(name, sentence);
  const warm = Number.isFinite(temperature) && temperature >= 0;
  demand("temperature", warm, "A number that is not negative.");
  demand("top_k", top_k === null || whole(top_k, 1, Infinity), "A whole number from 1, or empty.");
  const share = top_p === null || (top_p > 0 && top_p <= 1);
  demand("top_p", share, "A number above 0 and up to 1, or empty.");
  demand("seed", whole(seed, 0, 2 ** 32 - 1), "A whole number from 0 to 4294967295.");
  demand("count", whole(count, 1, 500), "A whole number from 1 to 500.");
  demand("max_len", whole(max_len, 1, 10000), "A whole number from 1 to 10000.");
  const stranger = [...prompt].find((symbol) => model.alphabet.indexOf(symbol) < 1); // '.' is id 0
  const letters = model.alphabet.slice(1, 65).join(" ");
  const refusal = `“${stranger}” is not a letter here. These are: ${letters}`;
  demand("prompt", stranger === undefined, refusal);
  return found;
}

/** The ids before the first drawn letter: '.', which starts a name, and the prompt. */
function encode(model, prompt) {
  return [0, ...[...prompt].map((symbol) => model.alphabet.indexOf(symbol))];
}

/** Name number `row`: the prompt, then letters until '.' is drawn, at most max_len of them. */
function generate_name(model, settings, row) {
  const ids = encode(model, settings.prompt);
  for (let step = 0; step < settings.max_len; step++) {
    const probs = distribution(model.next_logits(ids), settings);
    const id = draw(probs, uniform(settings.seed, row, step));
    if (id === 0) break;
    ids.push(id);
  }
  return ids.slice(1).map((id) => model.alphabet[id]).join("");
}

/** Names number 0 to count - 1. Settings that are not given have their defaults. */
function generate(model, given) {
  const settings = { ...DEFAULTS, ...given };
  const [problem] = problems(model, settings);
  if (problem !== undefined) throw new RangeError(problem.join(": "));
  return Array.from({ length: settings.count }, (_, row) => generate_name(model, settings, row));
}
