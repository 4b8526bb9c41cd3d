// Brings the day list up to date: only what changed is replaced, and never what somebody is working in.
const holdsFocus = (node) => node.contains(document.activeElement);
const isInUse = (row) => (holdsFocus(row) && document.activeElement !== row) || row.querySelector(".fd-reason[open], :active") !== null;

// Merges the parts of `page`, a document, into this one. Returns the texts of what changed, and whether a change waits for
// somebody to leave the row that they work in.
export function mergeRows(sections, page, settings) {
  const result = { changes: [], hasPendingRow: false };
  const ids = new Set([...page.querySelectorAll("#day-rows ol > li")].map((item) => item.id));
  replaceTop(document.getElementById("day-top"), page.getElementById("day-top"), result);
  for (const row of sections.querySelectorAll("ol > li")) if (!ids.has(row.id)) removeRow(row, settings, result);
  for (const item of page.querySelectorAll("#day-rows > section")) mergeSection(document.getElementById(item.id), item, result);
  for (const section of sections.children) section.hidden = section.querySelector("ol > li") === null;
  return result;
}

function replaceTop(top, item, result) {
  if (top.dataset.mark === item.dataset.mark) return;
  if (holdsFocus(top)) result.hasPendingRow = true;
  else replaceContent(top, item);
}

// The rows of a section, each new, moved here from another section, or as it was. What is folded stays as somebody left it.
function mergeSection(section, item, result) {
  const [list, newList] = [section.querySelector("ol"), item.querySelector("ol")];
  section.querySelector("h2").textContent = item.querySelector("h2").textContent;
  const ids = new Set([...newList.children].map((row) => row.id));
  list.className = newList.className;
  let next = list.firstElementChild;
  for (const newRow of newList.children) {
    while (next && !ids.has(next.id)) next = next.nextElementSibling;
    const row = placeRow(list, newRow, next, result);
    if (row.parentElement === list) next = row.nextElementSibling;
  }
}

function removeRow(row, settings, result) {
  if (holdsFocus(row) || isInUse(row)) {
    result.hasPendingRow = true;
    return;
  }
  // Without the state that ends what is said of a row: "9am Robin Sample: arrived".
  if (row.dataset.title) result.changes.push(settings.gone.replace("#", row.dataset.title));
  row.remove();
}

// Puts the row for `item` before `next`: new, with its content replaced, or as it was. A row in use stays where it is.
function placeRow(list, item, next, result) {
  let row = document.getElementById(item.id);
  if (row && isInUse(row) && (row.dataset.mark !== item.dataset.mark || row.parentElement !== list)) {
    result.hasPendingRow = true;
    return row;
  }
  if (row && row.dataset.mark === item.dataset.mark) return moveRow(list, row, next);
  const isNews = item.dataset.announcement && row?.dataset.facts !== item.dataset.facts;
  if (row) replaceContent(row, item);
  else row = document.importNode(item, true);
  if (isNews) {
    row.classList.add("fd-row--new");
    result.changes.push(item.dataset.announcement);
  }
  return moveRow(list, row, next);
}

function replaceContent(element, item) {
  element.className = item.className;
  Object.assign(element.dataset, item.dataset);
  element.replaceChildren(...item.cloneNode(true).childNodes);
}

// A row that has the focus keeps it when it moves, which takes it out of the page for a moment.
function moveRow(list, row, next) {
  if (row === next) return row;
  const isFocused = document.activeElement === row;
  list.insertBefore(row, next);
  if (isFocused) row.focus({ preventScroll: true });
  return row;
}

// Makes a change. The row that somebody is in or points at, or else the one at the top of the window, stays where it is in the window.
export function keepScrollPosition(sections, change) {
  const isVisible = (row) => row.getBoundingClientRect().bottom > 0 && row.getBoundingClientRect().top < innerHeight;
  const focusedRow = document.activeElement?.closest("#day-rows li");
  const rows = [...sections.querySelectorAll("ol > li")];
  const row = (focusedRow && isVisible(focusedRow) ? focusedRow : sections.querySelector("ol > li:hover"))
    ?? rows.find((one) => one.offsetParent !== null && isVisible(one));
  const top = row?.getBoundingClientRect().top;
  change();
  if (row?.isConnected) window.scrollBy({ top: row.getBoundingClientRect().top - top, behavior: "instant" });
}
