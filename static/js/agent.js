// Everything works without this file: it saves an agent's hands a few movements.
const body = document.body;
const legend = document.getElementById("keys");
const SETTING = "front-door-single-keys";

// Single keys: an element says which by data-key. They can be turned off (WCAG 2.1.4), never act inside a box to type in,
// never with Ctrl, Alt or Meta (those belong to the browser and to assistive technology), and never while a key is held.
let keysOn = read() !== "off";

function read() {
  try { return localStorage.getItem(SETTING); } catch { return null; }
}

function show() {
  body.classList.toggle("fd-keys-on", keysOn);
  if (!legend) return;
  legend.hidden = false;
  const toggle = document.getElementById("keys-switch");
  toggle.textContent = keysOn ? toggle.dataset.on : toggle.dataset.off;
}

document.getElementById("keys-switch")?.addEventListener("click", () => {
  keysOn = !keysOn;
  try { localStorage.setItem(SETTING, keysOn ? "on" : "off"); } catch { /* the setting lasts for this page */ }
  show();
});
show();

// The first time is ready for Enter, but the page stays where the caller and the questions are: `autofocus` would scroll.
if (document.activeElement === body) document.querySelector("[data-focus]")?.focus({ preventScroll: true });

function isTyping(element) {
  return element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.key === "Enter" && event.repeat) { event.preventDefault(); return; } // a held Enter must not run through the steps
  if (event.key === "Escape" && isTyping(event.target)) { event.target.blur(); return; }
  if (event.repeat && !event.key.startsWith("Arrow")) return;
  if (isTyping(event.target)) return;
  if (event.key.startsWith("Arrow")) { move(event); return; }
  if (!keysOn || event.key.length !== 1) return;
  const target = [...document.querySelectorAll("[data-key]")]
    .find((element) => element.dataset.key.split(" ").includes(event.key) && element.offsetParent !== null);
  if (!target) return;
  event.preventDefault();
  if (isTyping(target)) { target.focus(); target.select?.(); } else { target.click(); }
});

// Arrows move between the times of the grid once the focus is in it.
function move(event) {
  const cell = event.target.closest(".fd-grid td");
  if (!cell) return;
  const rows = [...cell.closest("tbody").rows];
  const here = [...cell.querySelectorAll("a, button")];
  const at = here.indexOf(event.target);
  let next = null;
  if (event.key === "ArrowDown") next = here[at + 1] ?? beyond(rows, cell, 1, true);
  if (event.key === "ArrowUp") next = here[at - 1] ?? beyond(rows, cell, -1, false);
  if (event.key === "ArrowRight") next = beside(cell, "nextElementSibling", at);
  if (event.key === "ArrowLeft") next = beside(cell, "previousElementSibling", at);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function beyond(rows, cell, step, first) {
  for (let row = rows.indexOf(cell.parentElement) + step; rows[row]; row += step) {
    const found = rows[row].cells[cell.cellIndex].querySelectorAll("a, button");
    if (found.length) return first ? found[0] : found[found.length - 1];
  }
  return null;
}

function beside(cell, direction, at) {
  for (let other = cell[direction]; other; other = other[direction]) {
    const found = other.matches("td") ? other.querySelectorAll("a, button") : [];
    if (found.length) return found[Math.min(at, found.length - 1)];
  }
  return null;
}

// The list of services narrows while one types; Enter takes the first that is left.
for (const box of document.querySelectorAll("[data-filters]")) {
  const list = document.getElementById(box.dataset.filters);
  const none = document.getElementById(`${box.dataset.filters}-none`);
  const narrow = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of list.children) item.hidden = !words.every((word) => item.dataset.words.includes(word));
    none.hidden = [...list.children].some((item) => !item.hidden);
  };
  box.addEventListener("input", narrow);
  box.form.addEventListener("submit", (event) => {
    narrow();
    const first = [...list.children].find((item) => !item.hidden);
    if (first) { event.preventDefault(); first.querySelector("a").click(); }
  });
}

// The countdown: seconds for the eye, a few sentences for the ear.
const countdown = document.getElementById("countdown");
if (countdown) {
  const end = performance.now() + 1000 * Number(countdown.dataset.seconds);
  const left = countdown.querySelector("[data-left]");
  const said = countdown.querySelector("[data-said]");
  let timer = 0;
  let spoken = Infinity;
  const say = (minutes) => {
    if (minutes >= spoken) return;
    spoken = minutes;
    said.textContent = minutes === 1 ? countdown.dataset.minute : countdown.dataset.minutes.replace("#", minutes);
  };
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    left.textContent = `(${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")})`;
    countdown.classList.toggle("fd-countdown--short", seconds <= 60);
    for (const minutes of [5, 2, 1]) if (seconds <= minutes * 60 && seconds > 0) say(minutes);
    if (seconds === 0) {
      clearInterval(timer);
      left.textContent = countdown.dataset.gone;
      said.textContent = countdown.dataset.gone;
      countdown.classList.add("fd-countdown--gone");
    }
  };
  timer = setInterval(tick, 1000);
  tick();
}
