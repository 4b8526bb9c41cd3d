// Arrow keys move between the times of the grid once the focus is in it.
export function moveInGrid(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const cell = event.target.closest(".fd-grid td");
  if (!cell) return;
  const times = timesIn(cell);
  const index = times.indexOf(event.target);
  let next = null;
  if (event.key === "ArrowDown") next = times[index + 1] ?? timesInColumn(cell, 1)[0];
  if (event.key === "ArrowUp") next = times[index - 1] ?? timesInColumn(cell, -1).pop();
  if (event.key === "ArrowRight") next = timeBeside(cell, "nextElementSibling", index);
  if (event.key === "ArrowLeft") next = timeBeside(cell, "previousElementSibling", index);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function timesIn(cell) {
  return [...cell.querySelectorAll("a, button")];
}

// The times of the nearest cell with any, in the same column: below with `step` 1, above with -1.
function timesInColumn(cell, step) {
  const { rows } = cell.closest("tbody");
  for (let row = cell.parentElement.sectionRowIndex + step; rows[row]; row += step) {
    const times = timesIn(rows[row].cells[cell.cellIndex]);
    if (times.length) return times;
  }
  return [];
}

// The time at `index`, or the last one, of the nearest cell with any in that direction of the row.
function timeBeside(cell, direction, index) {
  for (let other = cell[direction]; other; other = other[direction]) {
    const times = other.matches("td") ? timesIn(other) : [];
    if (times.length) return times[Math.min(index, times.length - 1)];
  }
  return null;
}
