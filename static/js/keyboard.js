// Single keys: an element says which by data-key. They can be turned off (WCAG 2.1.4), never act inside a box to type in,
// never with Ctrl, Alt or Meta (those belong to the browser and to assistive technology), and never while a key is held.
// A classic script in the head, not a module: it listens before the page is painted, so that no key is too early.
(() => {
  const SETTING = "front-door-single-keys";
  const PATIENCE_MILLISECONDS = 3000;
  let areSingleKeysOn = readSetting() !== "off";
  // The last key whose element the browser had not read yet.
  let waiting = null;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key === "Enter" && event.repeat) { event.preventDefault(); return; } // a held Enter must not run through the steps
    if (event.key === "Escape" && isTyping(event.target)) { leave(event.target); return; }
    if (event.repeat || event.key.length !== 1 || !areSingleKeysOn || isTyping(event.target)) return;
    if (press(event.key)) event.preventDefault();
    else if (document.readyState === "loading") waiting = { key: event.key, at: performance.now() };
  });

  // "interactive": all of the page has been read, and the modules have not run yet.
  document.addEventListener("readystatechange", () => {
    if (document.readyState !== "interactive") return;
    showSetting();
    document.getElementById("keys-switch")?.addEventListener("click", toggle);
    if (waiting && performance.now() - waiting.at < PATIENCE_MILLISECONDS) press(waiting.key);
  });

  // Clicks the visible element that has this key, or puts the focus into it when it is a box to type in; whether there is one.
  function press(key) {
    const target = [...document.querySelectorAll("[data-key]")]
      .find((element) => element.dataset.key.split(" ").includes(key) && element.offsetParent !== null);
    if (!target) return false;
    if (isTyping(target)) { target.focus(); target.select?.(); } else target.click();
    return true;
  }

  // The browser gives the focus to `autofocus` with its first frame: a box that was left before that is left once more, else
  // the next key would be typed into it.
  function leave(box) {
    box.blur();
    if (box.autofocus) requestAnimationFrame(() => { if (document.activeElement === box) box.blur(); });
  }

  function isTyping(element) {
    return element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  }

  function toggle() {
    areSingleKeysOn = !areSingleKeysOn;
    saveSetting(areSingleKeysOn ? "on" : "off");
    showSetting();
  }

  function showSetting() {
    document.body.classList.toggle("fd-keys-on", areSingleKeysOn);
    const legend = document.getElementById("keys");
    if (!legend) return;
    legend.hidden = false;
    const text = document.getElementById("keys-switch");
    text.textContent = areSingleKeysOn ? text.dataset.on : text.dataset.off;
  }

  function readSetting() {
    try { return localStorage.getItem(SETTING); } catch { return null; }
  }

  function saveSetting(value) {
    try { localStorage.setItem(SETTING, value); } catch { /* the setting lasts for this page */ }
  }
})();
