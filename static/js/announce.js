const MAX_ANNOUNCED = 3;

// Sets the text of a live region, unless it says so already: the same text again would be read out again.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Says what is new in one polite line, and that a row waits for somebody to leave it. Says nothing when nothing is new.
export function announce(status, { changes, hasPendingRow }, settings) {
  const lines = changes.slice(0, MAX_ANNOUNCED);
  const more = changes.length - MAX_ANNOUNCED;
  if (more > 0) lines.push(more === 1 ? settings.moreOne : settings.more.replace("#", more));
  const isPendingNews = changes.length > 0 || !status.textContent.includes(settings.waiting);
  if (hasPendingRow && isPendingNews) lines.push(settings.waiting);
  if (lines.length) setText(status, lines.map((line) => line.replace(/\.?$/, ".")).join(" "));
}
