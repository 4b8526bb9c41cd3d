// Brings the day list up to date: only what changed is replaced, and never what somebody is working in.
const holdsFocus = (node) => node.contains(document.activeElement);
const isInUse = (row) => (holdsFocus(row) && document.activeElement !== row) || row.querySelector("details[open]") !== null;

// Merges the parts of `page`, a document, into this one. Returns the texts of what changed, and whether a change waits for
// somebody to leave the row that they work in.
export function mergeRows(list, page, settings) {
  const result = { changes: [], hasPendingRow: false };
  const items = [...page.querySelectorAll("#day-rows > li")];
  const ids = new Set(items.map((item) => item.id));
  for (const id of ["day-next", "day-top"]) replaceSection(document.getElementById(id), page.getElementById(id), result);
  for (const row of [...list.children]) if (!ids.has(row.id)) removeRow(row, settings, result);
  let next = list.firstElementChild;
  for (const item of items) {
    while (next && !ids.has(next.id)) next = next.nextElementSibling;
    next = placeRow(list, item, next, result).nextElementSibling;
  }
  return result;
}

function replaceSection(section, item, result) {
  if (section.dataset.mark === item.dataset.mark) return;
  if (holdsFocus(section)) result.hasPendingRow = true;
  else replaceContent(section, item);
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
  if (row && row.dataset.mark === item.dataset.mark) return moveRow(list, row, next);
  if (row && isInUse(row)) {
    result.hasPendingRow = true;
    return row;
  }
  if (row) replaceContent(row, item);
  else row = document.importNode(item, true);
  row.classList.add("fd-row--new");
  if (item.dataset.announcement) result.changes.push(item.dataset.announcement);
  return moveRow(list, row, next);
}

function replaceContent(element, item) {
  element.className = item.className;
  Object.assign(element.dataset, item.dataset);
  element.replaceChildren(...item.cloneNode(true).childNodes);
}

function moveRow(list, row, next) {
  if (row !== next && !(row.isConnected && holdsFocus(row))) list.insertBefore(row, next);
  return row;
}

// Makes a change. The row that somebody is in, or else the one at the top of the window, stays where it is in the window.
export function keepScrollPosition(list, change) {
  const isVisible = (row) => row.getBoundingClientRect().bottom > 0 && row.getBoundingClientRect().top < innerHeight;
  const focusedRow = document.activeElement?.closest("#day-rows > li");
  const row = focusedRow && isVisible(focusedRow) ? focusedRow : [...list.children].find(isVisible);
  const top = row?.getBoundingClientRect().top;
  change();
  if (row?.isConnected) window.scrollBy({ top: row.getBoundingClientRect().top - top, behavior: "instant" });
}
