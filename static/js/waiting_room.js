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
  return { id: item?.id, tag: active.tagName, value: active.value, name: active.name, href: active.getAttribute("href") };
}

function focusAgain(known) {
  if (known === null) return;
  const place = (known.id && document.getElementById(known.id)) || room;
  const isSame = (one) => one.name === known.name && one.value === known.value && one.getAttribute("href") === known.href;
  const same = [...place.querySelectorAll(known.tag)].find(isSame) ?? place;
  if (same === place) place.tabIndex = -1; // never another control: Enter would press it
  same.focus({ preventScroll: true });
}

const rowAt = ({ x, y }) => document.elementFromPoint(x, y)?.closest("li[id]")?.id;
const MEANT_MS = 700;
let pointer = { x: 0, y: 0 };
let meant = null; // the row under a pointer at rest, before other rows came there
addEventListener("pointermove", (event) => {
  pointer = { x: event.clientX, y: event.clientY };
  meant = null;
}, { passive: true });
// What is pressed just after the rows have moved was meant for the row that stood there before.
addEventListener("click", (event) => {
  if (event.detail === 0 || !meant || Date.now() - meant.at > MEANT_MS || !room.contains(event.target)) return;
  if (rowAt(pointer) === meant.id) return;
  event.preventDefault();
  event.stopPropagation();
}, { capture: true });

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
    const pointed = room.querySelector("li[id]:hover");
    const top = pointed?.getBoundingClientRect().top;
    const before = rowAt(pointer);
    room.replaceWith(fresh);
    room = fresh;
    const same = pointed && document.getElementById(pointed.id);
    if (same) scrollBy({ top: same.getBoundingClientRect().top - top, behavior: "instant" });
    meant = { id: before, at: Date.now() };
    changes.follow(room.dataset.changes);
    mark = room.dataset.mark;
    clock = { server: Date.parse(room.dataset.now), here: Date.now() };
    focusAgain(known);
  } catch {
    setText(status, room.dataset.offline.replace("#", new Date(clock.server).toLocaleTimeString([], { timeStyle: "short" })));
  }
}

// Alarms come with the time, and nobody tells of those.
const changes = new LiveChanges(room.dataset.changes, refresh, { seldomMs: 15000 });

function refreshWhenSeen() {
  if (document.hidden) changes.stop();
  else changes.tick();
}

setInterval(showWaits, 10000);
setInterval(refreshWhenSeen, Number(room.dataset.seconds) * 1000);
document.addEventListener("visibilitychange", refreshWhenSeen);
changes.tick();
