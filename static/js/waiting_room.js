// The waiting room refreshes itself, unless somebody is working in it, and says how long people have waited by now.
import { setText } from "./announce.js";
import { LiveChanges } from "./live_changes.js";

const REQUEST_TIMEOUT_MS = 10000; // slower than that is as good as no network
let room = document.getElementById("room");
const status = document.getElementById("room-status");
let mark = room.dataset.mark;
let clock = { server: Date.parse(room.dataset.now), here: Date.now() };

function showWaits() {
  const now = clock.server + Date.now() - clock.here;
  for (const wait of room.querySelectorAll("[data-since]")) {
    const minutes = Math.max(0, Math.floor((now - Date.parse(wait.dataset.since)) / 60000));
    setText(wait, minutes === 1 ? room.dataset.waitedOne : room.dataset.waited.replace("#", minutes));
  }
}

// Whether a new page would take away what somebody is about to press: an open reason.
function isInUse() {
  return document.hidden || room.querySelector("details[open], :active") !== null;
}

// The control that has the focus, as something that can be found again on the new page.
function focused() {
  const active = document.activeElement;
  if (!room.contains(active)) return null;
  const item = active.closest("li[id]");
  return { id: item?.id, value: active.value, name: active.name };
}

function focusAgain(known) {
  if (known === null) return;
  const place = (known.id && document.getElementById(known.id)) || room;
  const same = [...place.querySelectorAll("button")].find((one) => one.name === known.name && one.value === known.value);
  (same || room.querySelector(".fd-call-next button"))?.focus({ preventScroll: true });
}

async function refresh() {
  if (isInUse()) return;
  try {
    const answer = await fetch(location.pathname, {
      headers: { "If-None-Match": `"${mark}"` },
      redirect: "manual",
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    setText(status, "");
    if (answer.status !== 200 || isInUse()) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("room");
    if (fresh === null) return;
    const known = focused();
    room.replaceWith(fresh);
    room = fresh;
    mark = room.dataset.mark;
    clock = { server: Date.parse(room.dataset.now), here: Date.now() };
    focusAgain(known);
  } catch {
    setText(status, room.dataset.offline.replace("#", new Date(clock.server).toLocaleTimeString([], { timeStyle: "short" })));
  }
}

const changes = new LiveChanges(room.dataset.changes, refresh);

function refreshWhenSeen() {
  if (document.hidden) changes.stop();
  else changes.tick();
}

setInterval(showWaits, 10000);
setInterval(refreshWhenSeen, Number(room.dataset.seconds) * 1000);
document.addEventListener("visibilitychange", refreshWhenSeen);
changes.tick();
