"use strict";
// The card. All text comes in as data and goes out through textContent: captured text is hostile.
window.popup = (() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const SECTIONS = ["offer", "reading", "reasons"];
  let card = 0;
  let response = "";
  let told = 0;

  function send(type, more) {
    const text = JSON.stringify(Object.assign({ type, card }, more));
    const gtk = window.webkit && window.webkit.messageHandlers && window.webkit.messageHandlers.assistant;
    if (gtk) gtk.postMessage(text);
    else if (window.pywebview && window.pywebview.api) window.pywebview.api.receive(text);
  }

  // Two frames: the first callback runs before the paint, the second after it.
  const afterPaint = (then) => requestAnimationFrame(() => requestAnimationFrame(then));

  function tellSize() {
    const style = getComputedStyle(document.body);
    const around = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
    const height = Math.ceil($("card").getBoundingClientRect().height + around);
    if (height === told) return;
    told = height;
    send("size", { height });
  }

  function section(name) {
    for (const id of SECTIONS) $(id).hidden = id !== name;
    $("close").hidden = name === "offer";
  }

  function runClock(seconds) {
    const clock = $("clock");
    clock.className = "";
    void clock.offsetWidth; // restarts the animation
    clock.style.setProperty("--seconds", seconds + "s");
    if (seconds > 0) clock.className = $("card").matches(":hover") ? "runs held" : "runs";
  }

  function fold(folded) {
    $("card").classList.toggle("folded", folded);
    $("why").hidden = folded;
    $("ask").setAttribute("aria-expanded", String(!folded));
  }

  function listEvents(events) {
    const list = $("events");
    list.replaceChildren();
    for (const event of events) {
      const item = document.createElement("li");
      const time = document.createElement("time");
      const text = document.createElement("span");
      time.textContent = event.time;
      text.textContent = event.text;
      text.dir = "auto";
      item.append(time, text);
      list.append(item);
    }
    $("whyhead").textContent =
      events.length === 0 ? "Nothing in particular." :
      events.length === 1 ? "Based on this one thing you did:" :
      "Based on these " + events.length + " things you did:";
  }

  function offer(data) {
    card = data.card;
    response = data.response;
    root.dataset.theme = data.theme;
    root.classList.toggle("glass", data.glass);
    root.style.setProperty("--room", data.room + "px");
    $("kicker").textContent = "Suggestion";
    $("task").textContent = data.task;
    $("reason").textContent = data.why;
    $("reason").hidden = !data.why;
    listEvents(data.events);
    section("offer");
    fold(true);
    runClock(0);
    $("card").hidden = false;
    told = 0; // a new card is always placed: the pointer may be on another monitor now
    tellSize();
    afterPaint(() => {
      if (card !== data.card) return;
      runClock(data.seconds);
      $("live").textContent = "Suggestion: " + data.task;
      send("painted");
    });
  }

  function reading(copied) {
    runClock(0);
    fold(true);
    $("kicker").textContent = response ? "Here you are" : "Noted, thank you";
    $("response").textContent = response;
    section("reading");
    $("copy").hidden = !response;
    $("caution").hidden = !response;
    note(copied ? "Copied to the clipboard" : "");
    tellSize();
  }

  function note(text) {
    $("copied").textContent = text;
  }

  function reasons(seconds) {
    fold(true);
    $("kicker").textContent = "All right. Would you like to say why?";
    section("reasons");
    runClock(seconds);
    tellSize();
  }

  function clear() {
    const gone = card;
    card = 0;
    response = "";
    for (const id of ["task", "reason", "response", "copied", "live"]) $(id).textContent = "";
    $("events").replaceChildren();
    $("card").hidden = true;
    runClock(0);
    afterPaint(() => send("cleared", { card: gone }));
  }

  function hover(inside) {
    $("clock").classList.toggle("held", inside);
    send("hover", { inside });
  }

  $("card").addEventListener("mouseenter", () => hover(true));
  $("card").addEventListener("mouseleave", () => hover(false));
  for (const id of ["accept", "later", "no"]) $(id).addEventListener("click", () => send("answer", { answer: id }));
  for (const chip of document.querySelectorAll("[data-reason]")) {
    chip.addEventListener("click", () => send("reason", { reason: chip.dataset.reason }));
  }
  $("ask").addEventListener("click", () => {
    fold(!$("card").classList.contains("folded"));
    tellSize();
  });
  $("copy").addEventListener("click", () => send("copy"));
  $("done").addEventListener("click", () => send("close"));
  $("close").addEventListener("click", () => send("close"));

  // Text reflows when fonts or zoom change: the window follows the card.
  new ResizeObserver(() => {
    if (card) tellSize();
  }).observe($("card"));

  const ready = () => send("ready");
  if (window.webkit && window.webkit.messageHandlers && window.webkit.messageHandlers.assistant) ready();
  else window.addEventListener("pywebviewready", ready);
  return { offer, reading, reasons, clear, note };
})();
