// The agent's screen. Everything works without scripts: these save an agent's hands a few movements.
import { startCountdown } from "./countdown.js";
import { filterList } from "./filter_list.js";
import { moveInGrid } from "./grid_navigation.js";

document.addEventListener("keydown", moveInGrid);

// Browsers heed `autofocus` only when they next paint, perhaps after an agent has begun to type. The first time is ready for
// Enter without it, because the page stays where the caller and the questions are: `autofocus` would scroll.
if (document.activeElement === document.body) {
  const first = document.querySelector("[autofocus]");
  if (first) first.focus();
  else document.querySelector("[data-focus]")?.focus({ preventScroll: true });
}

for (const box of document.querySelectorAll("[data-filters]")) filterList(box);

const countdown = document.getElementById("countdown");
if (countdown) startCountdown(countdown);
