// The day list keeps itself fresh. Without scripts the Refresh link does. It replaces only the rows that changed, never
// one that somebody is working in, keeps focus and scroll where they are, and says in one polite line what is new.
import { watchIdleTime } from "./idle.js";
import { LiveList } from "./live_list.js";

const settings = document.getElementById("day-watch").dataset;
const list = new LiveList({
  list: document.getElementById("day-rows"),
  asAt: document.getElementById("as-at"),
  status: document.getElementById("day-status"),
  error: document.getElementById("day-error"),
}, settings);

// GOV.UK's error summary takes the focus when it loads; here it belongs in the box that wants an answer.
document.querySelector("#day-rows [autofocus]")?.focus();

const isIdle = watchIdleTime(Number(settings.unusedMinutes), () => list.refresh());

function refreshWhenSeen() {
  if (document.hidden || list.isSignedOut) return;
  // A screen that nobody uses must not keep its session alive, nor keep names on show that change by themselves.
  if (isIdle()) list.showStopped(settings.paused);
  else list.refresh();
}

setInterval(refreshWhenSeen, Number(settings.seconds) * 1000);
document.addEventListener("visibilitychange", refreshWhenSeen);
addEventListener("online", () => list.refresh());
addEventListener("offline", () => list.showOffline());
addEventListener("pagehide", () => { list.isLeaving = true; });
addEventListener("pageshow", (event) => {
  list.isLeaving = false;
  if (event.persisted) list.refresh();
});
document.getElementById("refresh").addEventListener("click", (event) => {
  if (list.isSignedOut) return;
  event.preventDefault();
  list.refreshOnRequest();
});
