// The day list keeps itself fresh. Without scripts the Refresh link does. It replaces only the rows that changed, never
// one that somebody is working in, keeps focus and scroll where they are, and says in one polite line what is new.
import { watchIdleTime } from "./idle.js";
import { DaySearch } from "./day_search.js";
import { KeptPage } from "./kept_page.js";
import { LiveChanges } from "./live_changes.js";
import { LiveList } from "./live_list.js";
import { Outbox } from "./outbox.js";
import { UnsentClicks } from "./unsent_clicks.js";

const settings = document.getElementById("day-watch").dataset;
const rows = document.getElementById("day-rows");
const list = new LiveList({
  list: rows,
  asAt: document.getElementById("as-at"),
  status: document.getElementById("day-status"),
  error: document.getElementById("day-error"),
}, settings);

// GOV.UK's error summary takes the focus when it loads; here it belongs in the box that wants an answer.
document.querySelector("#day-rows [autofocus]")?.focus();

const search = new DaySearch(document.getElementById("day-search"), rows, document.getElementById("day-search-none"));
const clicks = new UnsentClicks(new Outbox(settings.user), list, {
  rows,
  status: document.getElementById("day-sending"),
  unsent: document.getElementById("day-unsent"),
  refused: document.getElementById("day-refused"),
  signIn: document.getElementById("day-sign-in"),
}, settings);
new KeptPage(document.getElementById("kept-page"));
const changes = new LiveChanges(settings.changes, () => refresh());
const isIdle = watchIdleTime(Number(settings.unusedMinutes), () => refresh());

// Brings the list up to date, then sends what could not be sent before.
async function refresh(isOnRequest = false) {
  await (isOnRequest ? list.refreshOnRequest() : list.refresh());
  if (!document.getElementById("day-error").textContent) await clicks.sendAll();
}

async function refreshWhenSeen() {
  if (document.hidden || list.isSignedOut || isIdle()) changes.stop();
  if (document.hidden) return;
  list.showWaits();
  // A screen that nobody uses must not keep its session alive, nor keep names on show that change by themselves.
  if (list.isSignedOut) return;
  if (isIdle()) list.showStopped(settings.paused);
  else await changes.tick();
}

// Whoever signed in again in another tab comes back to a list that goes on.
async function goOn() {
  if (!document.hidden && list.isSignedOut && await list.readAll()) await refresh();
  else await refreshWhenSeen();
}

list.onShown = () => {
  search.show();
  clicks.show();
  list.showWaits();
};
list.onShown();
// A click that the page before this one sent may have been recorded since this one was written.
if (document.hidden) refresh(); else changes.tick();
setInterval(refreshWhenSeen, Number(settings.seconds) * 1000);
document.addEventListener("visibilitychange", goOn);
addEventListener("online", () => refresh());
addEventListener("offline", () => list.showOffline());
addEventListener("pagehide", () => { list.isLeaving = true; });
addEventListener("pageshow", (event) => {
  list.isLeaving = false;
  if (event.persisted) refresh();
});
rows.addEventListener("submit", (event) => {
  event.preventDefault();
  clicks.submit(event.target, event.submitter);
});
rows.addEventListener("click", (event) => {
  if (event.target.closest(".fd-unsent button")) clicks.takeBack(event.target.closest("li").id.slice(2));
});
document.getElementById("refresh").addEventListener("click", (event) => {
  if (list.isSignedOut) return;
  event.preventDefault();
  refresh(true);
});
