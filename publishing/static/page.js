// The page: reads the controls, asks the model, shows what came of it. Text that comes from the
// model's files or the visitor is only ever set as text, never as HTML.

const by_id = (id) => document.getElementById(id);
const shown = (symbol) => ({ " ": "␣", "\n": "⏎", "\t": "⇥" })[symbol] ?? symbol;

/** A new element with a class and text. */
function element(tag, class_name, text) {
  const made = document.createElement(tag);
  made.className = class_name;
  made.textContent = text;
  return made;
}

// Reading the controls.

/** A number field: null where it is empty, NaN where what stands in it is no number. */
function number_in(id) {
  const field = by_id(id);
  if (field.validity.badInput) return NaN;
  return field.value === "" ? null : Number(field.value);
}

function read_settings() {
  const { max_len } = DEFAULTS;
  const [temperature, top_k, top_p, seed, count] =
    ["temperature", "top_k", "top_p", "seed", "count"].map(number_in);
  return { prompt: by_id("prompt").value, temperature, top_k, top_p, seed, count, max_len };
}

/** Puts each sentence under the control it is about, and takes back those that are settled. */
function show_problems(found) {
  for (const message of document.querySelectorAll("#controls .problem")) {
    const field = by_id(message.id.replace("-problem", ""));
    const sentence = found.get(field.id) ?? "";
    if (message.textContent !== sentence) message.textContent = sentence;
    field.setAttribute("aria-invalid", String(sentence !== ""));
  }
}

// The next letter.

function percent(p) {
  if (p >= 0.0995) return (100 * p).toFixed(0);
  if (p >= 0.0005) return (100 * p).toFixed(1);
  return p > 0 ? "<.1" : "0";
}

/** One bar per symbol. They stay in place; only their heights and numbers change. */
function make_bars(alphabet) {
  const bars = alphabet.map((symbol, id) => {
    const bar = element("button", "bar", "");
    bar.type = "button";
    bar.dataset.id = id;
    bar.tabIndex = id === 0 ? 0 : -1; // one stop for the Tab key; arrows move within
    const column = element("span", "column", "");
    column.append(element("span", "percent", ""), element("span", "fill", ""));
    bar.append(column, element("span", "letter", id === 0 ? "end" : shown(symbol)));
    for (const part of bar.children) part.setAttribute("aria-hidden", "true"); // the label has all
    if (id === 0) bar.setAttribute("aria-disabled", "true"); // nothing can follow the end
    return bar;
  });
  by_id("bars").replaceChildren(...bars);
}

function draw_bars(probs, prompt) {
  const largest = Math.max(...probs);
  for (const bar of by_id("bars").children) {
    const p = probs[bar.dataset.id];
    const letter = bar.querySelector(".letter").textContent;
    bar.querySelector(".percent").textContent = percent(p);
    bar.querySelector(".fill").style.setProperty("--share", p / largest);
    bar.classList.toggle("never", p === 0);
    const what = bar.dataset.id === "0" ? "end of the name" : letter;
    bar.setAttribute("aria-label", `${what}, ${(100 * p).toFixed(1)} percent`);
    bar.title = bar.dataset.id === "0" ? "The name ends here" : `Add ${letter}`;
  }
  const place = prompt === "" ? "At the start of a name" : `After “${prompt}”`;
  by_id("next-caption").textContent = `${place}, in percent. Choose a letter to add it.`;
}

function append_letter(event) {
  const bar = event.target.closest(".bar");
  if (bar === null || bar.dataset.id === "0") return;
  focus_bar(bar);
  by_id("prompt").value += model.alphabet[bar.dataset.id];
  refresh();
}

function focus_bar(bar) {
  for (const other of by_id("bars").children) other.tabIndex = other === bar ? 0 : -1;
  bar.focus();
}

/** Arrow keys, Home and End move between the bars. */
function move_between_bars(event) {
  const bars = [...by_id("bars").children];
  const here = bars.indexOf(document.activeElement);
  const steps = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: bars.length - 1 };
  if (!(event.key in steps)) return;
  event.preventDefault();
  focus_bar(bars[(steps[event.key] + bars.length) % bars.length]);
}

// The names.

function draw_names(names, prompt) {
  by_id("names").replaceChildren(...names.map((name) => {
    if (name === "") return element("li", "empty", "(no letters)");
    const item = element("li", "", "");
    item.append(element("span", "given", prompt), name.slice(prompt.length));
    return item;
  }));
}

let announcement;
/** Says what is shown once the controls rest: a screen reader need not hear each step of a drag. */
function announce(sentence) {
  clearTimeout(announcement);
  announcement = setTimeout(() => (by_id("status").textContent = sentence), 250);
}

// All of it.

let model;

function refresh() {
  const settings = read_settings();
  by_id("temperature-value").textContent = settings.temperature.toFixed(2);
  const found = problems(model, settings);
  show_problems(found);
  if (found.size > 0) return announce("Not updated: one of the settings above needs a correction.");
  const { prompt, count, seed, temperature } = settings;
  draw_bars(distribution(model.next_logits(encode(model, prompt)), settings), prompt);
  draw_names(generate(model, settings), prompt);
  const names = count === 1 ? "1 name" : `${count} names`;
  announce(`${names} from seed ${seed} at temperature ${temperature.toFixed(2)}`);
}

/** Which model this is, from its config: what it was trained on, how large and how good it is. */
function describe(config) {
  const size = config.alphabet.length;
  const { kind, name, corpus } = config;
  const parts = [`A ${kind} model, “${name}”, trained on “${corpus}”.`];
  if (kind === "bigram") parts.push(`It is a table of ${size} × ${size} numbers.`);
  if (Number.isFinite(config.loss)) {
    const blind = Math.log(size).toFixed(3);
    const loss = config.loss.toFixed(3);
    parts.push(`Its loss is ${loss} nats per letter; guessing blindly would cost ${blind}.`);
  }
  if (config.licence) parts.push(`Licence: ${config.licence}.`);
  return parts.join(" ");
}

function start() {
  const config = JSON.parse(by_id("config").textContent);
  const bytes = Uint8Array.from(atob(by_id("weights").textContent.trim()), (c) => c.charCodeAt(0));
  model = load_model(config, bytes);
  by_id("about").textContent = describe(config);
  make_bars(model.alphabet);
  by_id("bars").addEventListener("click", append_letter);
  by_id("bars").addEventListener("keydown", move_between_bars);
  by_id("controls").addEventListener("input", refresh);
  by_id("controls").addEventListener("submit", (event) => event.preventDefault());
  by_id("dice").addEventListener("click", () => {
    by_id("seed").value = crypto.getRandomValues(new Uint32Array(1))[0];
    refresh();
  });
  window.generate = (settings) => generate(model, settings); // for the console, and for tests
  refresh();
}

try {
  start();
} catch (error) {
  by_id("about").textContent = `The model could not be read: ${error.message}.`;
  by_id("about").className = "problem";
}
