// The day list keeps itself fresh. Without scripts the Refresh link does. It replaces only the rows that changed, never
// one that somebody is working in, keeps focus and scroll where they are, and says in one polite line what is new.
import { watchIdleTime } from "./idle.js";
import { DaySearch } from "./day_search.js";
import { KeptPage } from "./kept_page.js";
import { forgetDay, keepDay, keptDay, todayIn } from "./kept_day.js";
import { LiveChanges } from "./live_changes.js";
import { LiveList } from "./live_list.js";
import { newKey } from "./next_steps.js";
import { Outbox } from "./outbox.js";
import { UnsentClicks } from "./unsent_clicks.js";

const settings = document.getElementById("day-watch").dataset;
const served = document.getElementById("kept-shell") ? null : document.getElementById("main-content").innerHTML;
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
const outbox = new Outbox(settings.user);
const walkIn = document.getElementById("day-walk-in");
const clicks = new UnsentClicks(outbox, list, {
  rows,
  unsentList: document.getElementById("day-unsent-list"),
  conflicts: document.getElementById("day-conflicts"),
  status: document.getElementById("day-sending"),
  unsent: document.getElementById("day-unsent"),
  refused: document.getElementById("day-refused"),
  signIn: document.getElementById("day-sign-in"),
}, settings);
new KeptPage(document.getElementById("kept-page"));
const changes = new LiveChanges(settings.changes, () => refresh(), { mayListen: () => !list.isSignedOut && !document.hidden });
const isIdle = watchIdleTime(Number(settings.unusedMinutes), () => refresh());

// Brings the list up to date, then sends what could not be sent before.
async function refresh(isOnRequest = false) {
  await (isOnRequest ? list.refreshOnRequest() : list.refresh());
  await sendKept();
}

async function sendKept() {
  if (list.isSignedOut) clicks.show(); // with the way to sign in again
  else if (!document.getElementById("day-error").textContent) await clicks.sendAll();
}

async function refreshWhenSeen() {
  if (document.hidden || list.isSignedOut || isIdle()) changes.stop();
  if (settings.isToday && todayIn(settings.zone) !== settings.date) keepList("", settings.mark);
  if (document.hidden) return;
  list.showWaits();
  showWalkIn();
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

// A click that the page before this one sent may have been recorded since this one was written.
async function begin() {
  const isRead = document.hidden ? refresh() : changes.tick();
  await outbox.load();
  clicks.show();
  await isRead;
  await sendKept();
  if (!list.hasRead && !list.isOffline) await keepList("", settings.mark);
  navigator.serviceWorker?.register(settings.worker).catch(() => {});
}

// Today's list is kept for when there is no network; at midnight it is gone, from the screen too where there is none.
async function keepList(text, mark, asAt = document.getElementById("as-at").textContent) {
  if (!settings.isToday) return;
  if (todayIn(settings.zone) !== settings.date) {
    await forgetDay();
    if (served === null) location.reload();
    return;
  }
  const known = served === null ? await keptDay() : { main: served, title: document.title };
  if (!known) return;
  const { user, userName: name, zone, date } = settings;
  if (served === null && !text) return; // nothing new of what is kept
  await keepDay({ ...known, user, name, zone, date, mark, rows: text, asAt, keptAt: Date.now() });
}

// Who comes without an appointment is noted here while nothing can be reached, and with a ticket otherwise.
function showWalkIn() {
  if (walkIn) walkIn.hidden = !list.isOffline && !walkIn.contains(document.activeElement);
}

// A page that was kept is shown more than once, and each person who is noted in it has a key of their own.
if (walkIn) walkIn.querySelector("[name=idempotency_key]").value = newKey();
list.onRead = keepList;
list.onOffline = showWalkIn;
list.onShown = () => {
  search.show();
  clicks.show();
  list.showWaits();
  showWalkIn();
};
list.onShown();
begin();
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
walkIn?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const isNoted = clicks.submit(event.target, event.submitter);
  event.target.reset(); // at once: a second click notes nobody
  event.target.elements.idempotency_key.value = newKey();
  await isNoted;
  showWalkIn();
});
document.getElementById("day-noted").addEventListener("click", (event) => {
  if (event.target.closest("[data-forget]")) clicks.remove(event.target.closest("li").dataset.key);
});
document.getElementById("refresh").addEventListener("click", (event) => {
  if (list.isSignedOut) return;
  event.preventDefault();
  refresh(true);
});
