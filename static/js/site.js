// The day list keeps itself fresh. Without this file the Refresh link does. It replaces only the rows that changed, never
// one that somebody is working in, keeps focus and scroll where they are, and says in one polite line what is new.
const watch = document.getElementById("day-watch");
const rows = document.getElementById("day-rows");
const words = watch.dataset;
const asAt = document.getElementById("as-at");
const news = document.getElementById("day-news");
const trouble = document.getElementById("day-trouble");
const MOST_NEWS = 3;
const PATIENCE = 10000; // milliseconds for one answer: slower than that is as good as no network

let tag = `"${words.mark}"`;
let fresh = null; // the latest answer, kept while a row waits for somebody to leave it
let hasWaiting = false;
let isAsking = false;
let isOut = false;
let isLeaving = false; // a page that is left breaks its own request off: that is no lost network
let lastUsed = Date.now();

const holdsFocus = (node) => node.contains(document.activeElement);
const isInUse = (row) => (holdsFocus(row) && document.activeElement !== row) || row.querySelector("details[open]") !== null;

function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function fill(old, item) {
  old.className = item.className;
  Object.assign(old.dataset, item.dataset);
  old.replaceChildren(...item.cloneNode(true).childNodes);
}

// The row that somebody is in, or else the one at the top of the window, stays where it is while others come and go.
function keepingPlace(change) {
  const isSeen = (row) => row.getBoundingClientRect().bottom > 0 && row.getBoundingClientRect().top < innerHeight;
  const here = document.activeElement?.closest("#day-rows > li");
  const seen = here && isSeen(here) ? here : [...rows.children].find(isSeen);
  const top = seen?.getBoundingClientRect().top;
  change();
  if (seen?.isConnected) window.scrollBy({ top: seen.getBoundingClientRect().top - top, behavior: "instant" });
}

function apply() {
  const told = [];
  const items = [...fresh.querySelectorAll("#day-rows > li")];
  const ids = new Set(items.map((item) => item.id));
  hasWaiting = false;
  for (const id of ["day-next", "day-top"]) renewTop(id);
  for (const row of [...rows.children]) if (!ids.has(row.id)) remove(row, told);
  let next = rows.firstElementChild;
  for (const item of items) {
    while (next && !ids.has(next.id)) next = next.nextElementSibling;
    next = put(item, next, told).nextElementSibling;
  }
  return told;
}

function renewTop(id) {
  const top = document.getElementById(id);
  const item = fresh.getElementById(id);
  if (top.dataset.mark === item.dataset.mark) return;
  if (holdsFocus(top)) hasWaiting = true;
  else fill(top, item);
}

function remove(row, told) {
  if (holdsFocus(row) || isInUse(row)) {
    hasWaiting = true;
    return;
  }
  if (row.dataset.said) told.push(words.gone.replace("#", row.dataset.said.replace(/:[^:]*$/, "")));
  row.remove();
}

function put(item, next, told) {
  let row = document.getElementById(item.id);
  if (!row) row = document.importNode(item, true);
  else if (row.dataset.mark === item.dataset.mark) return move(row, next);
  else if (isInUse(row)) {
    hasWaiting = true;
    return row;
  } else fill(row, item);
  row.classList.add("fd-row--new");
  if (item.dataset.said) told.push(item.dataset.said);
  return move(row, next);
}

function move(row, next) {
  if (row !== next && !(row.isConnected && holdsFocus(row))) rows.insertBefore(row, next);
  return row;
}

function tell(told) {
  const lines = told.slice(0, MOST_NEWS);
  if (told.length > MOST_NEWS) lines.push(words.more.replace("#", told.length - MOST_NEWS));
  if (hasWaiting && told.length) lines.push(words.waiting);
  else if (hasWaiting && !news.textContent.includes(words.waiting)) lines.push(words.waiting);
  if (lines.length) say(news, lines.map((line) => line.replace(/\.?$/, ".")).join(" "));
}

async function ask() {
  if (isAsking || isOut) return null;
  isAsking = true;
  try {
    const answer = await fetch(words.from, {
      headers: { "If-None-Match": tag },
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
    return await take(answer);
  } catch {
    return isLeaving ? [] : failed();
  } finally {
    isAsking = false;
  }
}

async function take(answer) {
  if (answer.type === "opaqueredirect" || answer.status === 404) {
    isOut = true;
    return stopped(words.out);
  }
  if (answer.status !== 200 && answer.status !== 304) return failed();
  if (answer.status === 200) {
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    tag = answer.headers.get("ETag") ?? tag;
  }
  let told = [];
  keepingPlace(() => {
    if (answer.status === 200 || hasWaiting) told = apply();
    asAt.textContent = answer.headers.get("Fd-As-At") ?? asAt.textContent;
    if (trouble.textContent) told.unshift(words.back);
    say(trouble, "");
    tell(told);
  });
  return told;
}

const failed = () => stopped(words.offline);

function stopped(why) {
  keepingPlace(() => say(trouble, why.replace("#", asAt.textContent)));
  return [];
}

function tick() {
  if (document.hidden || isOut) return;
  // A screen that nobody uses must not keep its session alive, nor keep names on show that change by themselves.
  if (Date.now() - lastUsed > Number(words.unusedMinutes) * 60000) stopped(words.paused);
  else ask();
}

function used() {
  const wasPaused = Date.now() - lastUsed > Number(words.unusedMinutes) * 60000;
  lastUsed = Date.now();
  if (wasPaused) ask();
}

// GOV.UK's error summary takes the focus when it loads; here it belongs in the box that wants an answer.
document.querySelector("#day-rows [autofocus]")?.focus();

setInterval(tick, Number(words.seconds) * 1000);
for (const name of ["pointerdown", "keydown", "wheel", "touchmove"]) addEventListener(name, used, { passive: true });
addEventListener("online", ask);
addEventListener("offline", failed);
addEventListener("pagehide", () => (isLeaving = true));
addEventListener("pageshow", (event) => {
  isLeaving = false;
  if (event.persisted) ask();
});
document.addEventListener("visibilitychange", tick);
document.getElementById("refresh").addEventListener("click", (event) => {
  if (isOut) return;
  event.preventDefault();
  ask().then((told) => {
    if (told?.length === 0 && !hasWaiting && !trouble.textContent) say(news, words.none.replace("#", asAt.textContent));
  });
});
