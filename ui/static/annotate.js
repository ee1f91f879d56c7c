"use strict";
// The annotation screen. All text comes in as data and goes out through textContent: captured text is hostile.
window.annotate = (() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const SIZES = [100, 125, 150, 175, 200, 250, 300]; // percent; WCAG asks for 200
  const KEYS = { 0: "none", Enter: "next", s: "skip", S: "skip", u: "undo", U: "undo", q: "quit", Q: "quit" };
  let shown = null;
  let size = 0;
  let before = null;

  function send(type, more) {
    const text = JSON.stringify(Object.assign({ type }, more));
    const gtk = window.webkit && window.webkit.messageHandlers && window.webkit.messageHandlers.assistant;
    if (gtk) gtk.postMessage(text);
    else if (window.pywebview && window.pywebview.api) window.pywebview.api.receive(text);
  }

  function element(name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  }

  function toggle(number) {
    const button = $("choices").children[number - 1];
    if (button) button.scrollIntoView({ block: "nearest" });
    send("toggle", { number });
  }

  function listLines(lines) {
    $("lines").replaceChildren(...lines.map((line, number) => {
      const item = document.createElement("li");
      const text = element("span", line.text);
      text.dir = "auto";
      if (number === lines.length - 1) item.setAttribute("aria-current", "true");
      item.append(element("time", line.time), text);
      return item;
    }));
  }

  function listChoices(choices) {
    $("choices").replaceChildren(...choices.map((choice, index) => {
      const button = document.createElement("button");
      const text = element("span", choice.text);
      text.dir = "auto";
      button.type = "button";
      button.className = "choice";
      button.setAttribute("role", "checkbox");
      button.append(element("kbd", String(index + 1)), text);
      button.addEventListener("click", () => toggle(index + 1));
      return button;
    }));
  }

  function check(view) {
    [...$("choices").children].forEach((button, index) => {
      button.setAttribute("aria-checked", String(view.choices[index].chosen));
    });
    $("none").setAttribute("aria-checked", String(view.none));
  }

  function progress(view) {
    $("title").textContent = view.title;
    $("who").textContent = "Annotator: " + view.annotator;
    $("bar").max = Math.max(1, view.total);
    $("bar").value = view.answered + view.skipped;
    $("count").textContent = (view.done ? view.total : view.index + 1) + " of " + view.total +
      " · " + view.answered + " answered" + (view.skipped ? " · " + view.skipped + " skipped" : "");
    for (const id of ["next", "skip"]) $(id).hidden = view.done;
    $("undo").disabled = !view.can_undo;
  }

  function announce(view, fresh) {
    if (view.done) return $("donehead").textContent + " " + view.ending;
    if (!fresh) {
      const chosen = view.choices.flatMap((choice, index) => (choice.chosen ? [index + 1] : []));
      return view.none ? "None of these is chosen." : chosen.length ? "Chosen: " + chosen.join(", ") + "." : "Nothing is chosen.";
    }
    const newest = view.lines.length ? " " + view.lines[view.lines.length - 1].text : "";
    const tasks = view.choices.map((choice, index) => index + 1 + ": " + choice.text);
    return "Point " + (view.index + 1) + " of " + view.total + "." + newest + " Tasks. " + tasks.join(". ");
  }

  function show(view) {
    const words = JSON.stringify([view.point, view.choices.map((choice) => choice.text)]);
    const fresh = words !== shown;
    if (view.theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = view.theme;
    progress(view);
    $("point").hidden = view.done;
    $("done").hidden = !view.done;
    $("donetext").textContent = view.ending;
    if (fresh) {
      shown = words;
      listLines(view.lines);
      listChoices(view.choices);
    }
    check(view);
    layout(fresh);
    $("drafting").hidden = !view.drafting;
    $("note").textContent = view.note;
    if (view.note) $("note").scrollIntoView({ block: "nearest" });
    $("live").textContent = announce(view, fresh);
    requestAnimationFrame(() => requestAnimationFrame(() => send("painted", { index: view.index })));
  }

  function help(open) {
    if (open) before = document.activeElement;
    $("keys").hidden = !open;
    $("page").inert = open;
    $("help").setAttribute("aria-expanded", String(open));
    if (open) $("keyshead").focus();
    else if (before && before !== document.body) before.focus();
  }

  // With large text the tasks lie below the events: then the events take less room, and both come into view.
  function layout(fresh) {
    const [past, tasks] = $("point").children;
    const stacked = tasks.offsetTop >= past.offsetTop + past.offsetHeight;
    root.classList.toggle("stacked", stacked);
    if (!fresh) return;
    $("lines").scrollTop = $("lines").scrollHeight;
    if (stacked) past.scrollIntoView();
    else window.scrollTo(0, 0);
  }

  function scale(step) {
    size = Math.min(SIZES.length - 1, Math.max(0, size + step));
    root.style.fontSize = 16 * SIZES[size] / 100 + "px";
    layout(true);
  }

  // Arrows move the events; the page keys move whatever is too large for the window.
  function scroll(key) {
    const step = { ArrowUp: -40, ArrowDown: 40, PageUp: -0.8 * innerHeight, PageDown: 0.8 * innerHeight }[key];
    if (!step) return;
    if (!$("keys").hidden) $("keys").scrollBy(0, step);
    else if (key.startsWith("Page") && root.scrollHeight > innerHeight + 1) window.scrollBy(0, step);
    else $("lines").scrollBy(0, step);
  }

  function press(event) {
    const key = event.key;
    if (event.ctrlKey || event.altKey || event.metaKey || key === "Tab" || key === " ") return;
    event.preventDefault();
    if (key === "+" || key === "=") scale(1);
    else if (key === "-") scale(-1);
    else if (/^(Arrow|Page)/.test(key)) scroll(key);
    else if (event.repeat) return; // a key that is held down is one answer
    else if (key === "?" || (key === "Escape" && !$("keys").hidden)) help($("keys").hidden);
    else if (!$("keys").hidden && KEYS[key] !== "quit") return;
    else if (/^[1-5]$/.test(key)) toggle(Number(key));
    else if (Object.hasOwn(KEYS, key)) send(KEYS[key]);
  }

  document.addEventListener("keydown", press);
  for (const id of ["none", "next", "skip", "undo", "quit"]) $(id).addEventListener("click", () => send(id));
  $("help").addEventListener("click", () => help($("keys").hidden));

  new ResizeObserver(() => layout(false)).observe($("page"));

  const ready = () => send("ready");
  if (window.webkit && window.webkit.messageHandlers && window.webkit.messageHandlers.assistant) ready();
  else window.addEventListener("pywebviewready", ready);
  return { show };
})();
