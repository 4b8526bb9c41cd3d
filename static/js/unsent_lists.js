// Lists beside the day list: what waits and has no row of its own, and what the server did not record, beside what it has on record.
export function timeOf(at, zone) {
  const parts = new Intl.DateTimeFormat("en-GB", { hour: "numeric", minute: "2-digit", hour12: true, timeZone: zone }).format(at);
  return parts.replace(/\s/g, "").replace(":00", "").toLowerCase();
}

function fill(list, template, entries, write) {
  const items = entries.map((entry) => {
    const item = template.content.firstElementChild.cloneNode(true);
    item.dataset.key = entry.key;
    write((name) => item.querySelector(`[data-part=${name}]`), entry);
    return item;
  });
  list.replaceChildren(...items);
  list.hidden = items.length === 0;
}

const shownKeys = (list) => [...list.children].map((item) => item.dataset.key).join(" ");
const isShown = (list, entries) => shownKeys(list) === entries.map((entry) => entry.key).join(" ");

export function showUnsent(list, entries, settings) {
  if (isShown(list, entries)) return;
  fill(list, document.getElementById("unsent-item"), entries, (part, entry) => {
    part("what").textContent = [entry.title, entry.label].filter(Boolean).join(": ");
    part("when").textContent = timeOf(entry.notedAt, settings.zone);
  });
}

export function showRefused(box, entries, settings) {
  const list = box.querySelector("ul");
  box.hidden = entries.length === 0;
  if (isShown(list, entries)) return;
  fill(list, document.getElementById("refused-item"), entries, (part, entry) => {
    part("who").textContent = entry.title;
    part("mine").textContent = entry.label;
    part("when").textContent = timeOf(entry.notedAt, settings.zone);
    part("theirs").textContent = entry.refused.reason;
    const row = part("row");
    if (entry.reference) row.href = `#a-${entry.reference}`;
    else row.remove();
  });
}
