// Single keys: an element says which by data-key. They can be turned off (WCAG 2.1.4), never act inside a box to type in,
// never with Ctrl, Alt or Meta (those belong to the browser and to assistive technology), and never while a key is held.
const SETTING = "front-door-single-keys";

// Listens to the keys of the page. `moveInGrid(event)` gets the arrow keys that are pressed outside boxes to type in.
export function listenToKeys(moveInGrid) {
  const legend = document.getElementById("keys");
  const toggle = document.getElementById("keys-switch");
  let areSingleKeysOn = readSetting() !== "off";

  const showSetting = () => {
    document.body.classList.toggle("fd-keys-on", areSingleKeysOn);
    if (!legend) return;
    legend.hidden = false;
    toggle.textContent = areSingleKeysOn ? toggle.dataset.on : toggle.dataset.off;
  };

  toggle?.addEventListener("click", () => {
    areSingleKeysOn = !areSingleKeysOn;
    saveSetting(areSingleKeysOn ? "on" : "off");
    showSetting();
  });
  showSetting();

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key === "Enter" && event.repeat) { event.preventDefault(); return; } // a held Enter must not run through the steps
    if (event.key === "Escape" && isTyping(event.target)) { event.target.blur(); return; }
    if (event.repeat && !event.key.startsWith("Arrow")) return;
    if (isTyping(event.target)) return;
    if (event.key.startsWith("Arrow")) moveInGrid(event);
    else if (areSingleKeysOn && event.key.length === 1) pressKey(event);
  });
}

function readSetting() {
  try { return localStorage.getItem(SETTING); } catch { return null; }
}

function saveSetting(value) {
  try { localStorage.setItem(SETTING, value); } catch { /* the setting lasts for this page */ }
}

function isTyping(element) {
  return element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

// Clicks the visible element that has this key, or puts the focus into it when it is a box to type in.
function pressKey(event) {
  const target = [...document.querySelectorAll("[data-key]")]
    .find((element) => element.dataset.key.split(" ").includes(event.key) && element.offsetParent !== null);
  if (!target) return;
  event.preventDefault();
  if (isTyping(target)) { target.focus(); target.select?.(); } else { target.click(); }
}
