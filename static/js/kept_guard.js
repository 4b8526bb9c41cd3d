// On every page for staff: what this browser keeps of a day is gone once nobody is signed in, or somebody else is. Whoever signs out
// while something of theirs is not sent yet is asked first.
import { forgetDay, forgetOthers } from "./kept_day.js";
import { countKept, forgetUnsent } from "./outbox.js";

const { user, unsent, unsentOne } = document.getElementById("kept-guard").dataset;
if (user) forgetOthers(user);
else forgetDay();

// The count is known before anybody can press the button: a browser does not wait for an answer there.
let kept = user ? await countKept(user) : 0;
addEventListener("focusin", async () => { if (user) kept = await countKept(user); });
addEventListener("submit", (event) => {
  const action = (event.submitter?.formAction || event.target.action) ?? "";
  if (!action.endsWith("/sign-out") && !action.endsWith("/leave")) return;
  const question = kept === 1 ? unsentOne : unsent.replace("#", kept);
  if (kept && !confirm(question)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  forgetDay();
  forgetUnsent(user);
}, { capture: true });
