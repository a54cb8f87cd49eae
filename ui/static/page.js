// The page's own program: what Gradio has no component for. It asks nothing of the network.

window.labs = (() => {
  const STUB = /^( +)raise NotImplementedError\(/m;
  const byId = (id) => document.getElementById(id);

  // -- the address remembers the tab ---------------------------------------------------------

  function openTabOfAddress() {
    const button = byId(`tab-${location.hash.slice(1)}-button`);
    if (button && button.getAttribute("aria-selected") !== "true") button.click();
    return Boolean(byId("tabs"));
  }

  const waiting = setInterval(() => openTabOfAddress() && clearInterval(waiting), 100);
  addEventListener("hashchange", openTabOfAddress);

  document.addEventListener("click", (event) => {
    const tab = event.target.closest?.('[role="tab"][id^="tab-"]');
    const name = tab?.id.replace(/^tab-|-button$/g, "");
    if (name && location.hash !== `#${name}`) {
      history.replaceState(null, "", `${location.pathname}${location.search}#${name}`);
    }
  });

  // -- the editor ----------------------------------------------------------------------------

  function editor() {
    const content = document.querySelector("#code .cm-content");
    return content?.cmTile?.root?.view ?? content?.cmView?.view ?? null;
  }

  // Where a function or class begins in the editor, and where it is still to be written.
  function placeOf(view, name) {
    const text = view.state.doc.toString();
    const start = text.search(new RegExp(`^(def|class) ${name}\\b`, "m"));
    if (start < 0) return null;
    const next = text.slice(start + 1).search(/^\S/m);
    const body = text.slice(start, next < 0 ? undefined : start + 1 + next);
    const stub = body.match(STUB);
    return { start, open: stub ? start + stub.index + stub[1].length : start };
  }

  // Heights above are estimates until they are drawn: so until it stays where it was put.
  function scrollTo(view, start, tries = 6) {
    const top = () => {
      const place = Math.min(start, view.state.doc.length); // it may be another text by then
      view.scrollDOM.scrollTop = view.lineBlockAt(place).top;
      if (tries > 1) scrollTo(view, start, tries - 1);
    };
    requestAnimationFrame(() => requestAnimationFrame(top));
  }

  // Puts a function or class at the top of the editor, with the cursor in it.
  function showCode(name) {
    const view = editor();
    const place = view && placeOf(view, name);
    if (!place) return;
    view.dispatch({ selection: { anchor: place.open }, scrollIntoView: true });
    scrollTo(view, place.start);
    view.focus();
    if (innerWidth < 900) byId("code").scrollIntoView({ block: "start" });
  }

  // The exercise of a card, given its HTML.
  function show(card) {
    const name = new DOMParser().parseFromString(card, "text/html").querySelector("code");
    if (name) showCode(name.textContent);
  }

  // The editor's own colours are too pale to read on white, and its comments too dark on black:
  // each is moved towards the ink until it stands out 4.6 to 1 (WCAG AA asks for 4.5).
  function legible() {
    const dark = document.body.classList.contains("dark");
    const ground = dark ? [28, 31, 38] : [255, 255, 255];
    const ink = dark ? 255 : 0;
    for (const sheet of [...document.styleSheets, ...document.adoptedStyleSheets]) {
      for (const rule of sheet.cssRules) {
        if (!/^\.ͼ\w+$/.test(rule.selectorText ?? "") || !rule.style.color.startsWith("rgb(")) continue;
        let colour = rule.style.color.match(/\d+/g).map(Number);
        while (contrast(colour, ground) < 4.6) colour = colour.map((x) => x + (ink - x) * 0.05);
        rule.style.color = `rgb(${colour.map(Math.round)})`;
      }
    }
  }

  function contrast(one, other) {
    const linear = (x) => (x <= 10.31 ? x / 3294.6 : ((x / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }

  // Once a file is loaded: the first exercise that is still to be written, or the first of all.
  function begin(tries = 20) {
    const text = editor()?.state.doc.toString() ?? "";
    if (text.length < 2 && tries) return setTimeout(begin, 100, tries - 1);
    legible();
    document.querySelector("#code .cm-content")?.setAttribute("aria-label", "Your file");
    const open = text.search(STUB);
    const names = [...text.matchAll(/^(?:def|class) (\w+)/gm)];
    const shown = names.filter((found) => found.index < open).at(-1) ?? names[0];
    if (shown) scrollTo(editor(), shown.index);
  }

  // Code that has to be scrolled can be reached with the keyboard, whenever a lesson is shown.
  let due = 0;
  new MutationObserver(() => {
    due ||= requestAnimationFrame(() => {
      due = 0;
      for (const block of document.querySelectorAll("#lesson pre:not([tabindex])")) block.tabIndex = 0;
    });
  }).observe(document, { childList: true, subtree: true });

  document.addEventListener(
    "keydown",
    (event) => {
      if (!(event.ctrlKey || event.metaKey) || !byId("save")) return;
      const inEditor = event.target.closest?.("#code");
      const button = event.key === "s" ? "save" : event.key === "Enter" && inEditor && "check-all";
      if (!button) return;
      event.preventDefault();
      event.stopPropagation();
      byId(button).click();
    },
    true,
  );

  addEventListener("beforeunload", (event) => {
    if (document.querySelector("#saved .unsaved")) event.preventDefault();
  });

  // -- links inside the page -----------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const target = byId(event.target.closest?.("[data-goto]")?.dataset.goto);
    if (!target) return;
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "start" });
  });

  // On a phone the outcome is below the controls.
  document.addEventListener("click", (event) => {
    const run = event.target.closest?.("#generate-run, #compare-run, #text-run, #publish-build, #publish-push");
    if (!run || innerWidth >= 900) return;
    const outcome = run.closest(".split").querySelector(".outcome");
    outcome.style.minHeight = "100vh"; // so that there is something to scroll to before it is there
    outcome.scrollIntoView({ block: "start" });
  });

  // -- names made of letters -----------------------------------------------------------------
  // One letter of a list is in the tab order; the arrow keys go on from there. A letter that is
  // pointed at or focused tells what it was drawn from, in the panel of its list.

  const lettersOf = (list) => [...list.querySelectorAll(".letter")];

  function tell(letter) {
    const list = letter.closest(".names");
    const panel = byId(list.dataset.panel);
    for (const other of list.querySelectorAll(".letter.told")) other.classList.remove("told");
    letter.classList.add("told");
    if (panel) panel.innerHTML = byId(letter.dataset.about)?.innerHTML ?? "";
    const now = panel?.querySelector("[data-now]");
    if (now) now.textContent = letter.dataset.now;
  }

  function step(letter, key) {
    const list = letter.closest(".names");
    const letters = lettersOf(list);
    const here = letters.indexOf(letter);
    if (key === "ArrowRight") return letters[here + 1];
    if (key === "ArrowLeft") return letters[here - 1];
    if (key === "Home") return letter.closest("li").querySelector(".letter");
    if (key === "End") return [...letter.closest("li").querySelectorAll(".letter")].at(-1);
    const rows = [...list.querySelectorAll("li")].map((row) => [...row.querySelectorAll(".letter")]);
    const row = rows.findIndex((some) => some.includes(letter));
    const other = rows[row + (key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : NaN)];
    return other?.[Math.min(rows[row].indexOf(letter), other.length - 1)];
  }

  for (const kind of ["pointerover", "focusin", "click"]) {
    document.addEventListener(kind, (event) => {
      const letter = event.target.closest?.(".names .letter");
      if (letter) tell(letter);
    });
  }

  document.addEventListener("keydown", (event) => {
    const letter = event.target.closest?.(".names .letter");
    const next = letter && step(letter, event.key);
    if (!next) return;
    event.preventDefault();
    letter.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });

  return { show, begin };
})();
