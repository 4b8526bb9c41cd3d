// The agent's screen. Everything works without scripts: these save an agent's hands a few movements.
import { startCountdown } from "./countdown.js";
import { filterList } from "./filter_list.js";
import { moveInGrid } from "./grid_navigation.js";
import { KeptForm } from "./kept_form.js";
import { listWhileTyping } from "./typed_search.js";
import { keepCallerInStep } from "./who_calls.js";

document.addEventListener("keydown", moveInGrid);

// Enter in a box means the button that the box names; without scripts it means the form's first, which changes nothing.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.repeat || event.isComposing) return;
  const button = document.getElementById(event.target.dataset?.enter ?? "");
  if (!button) return;
  event.preventDefault();
  button.click();
});

// Browsers heed `autofocus` only when they next paint, perhaps after an agent has begun to type. The first time is ready for
// Enter without it, because the page stays where the caller and the questions are: `autofocus` would scroll.
if (document.activeElement === document.body) {
  const first = document.querySelector("[autofocus]");
  if (first) first.focus();
  else document.querySelector("[data-focus]")?.focus({ preventScroll: true });
}

for (const box of document.querySelectorAll("[data-filters]")) filterList(box);

// Two facts are enough: the second tick records the check, as the page says above the boxes.
const check = document.getElementById("caller-check");
if (check) {
  document.querySelector("[data-second-tick]").hidden = false;
  document.addEventListener("change", (event) => {
    if (event.target.name === "fact" && document.querySelectorAll("[name=fact]:checked").length === 2) check.click();
  });
}

const typedMatches = document.getElementById("typed-matches");
if (typedMatches) listWhileTyping(document.getElementById("q"), typedMatches, document.getElementById("typed-count"));

const notice = document.getElementById("not-sent");
for (const form of document.querySelectorAll("form[data-kept]")) new KeptForm(form, notice);

const call = document.getElementById("call");
if (call) keepCallerInStep(call);

const countdown = document.getElementById("countdown");
if (countdown) startCountdown(countdown);
