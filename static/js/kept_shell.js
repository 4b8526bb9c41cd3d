// What staff see instead of a page that cannot be reached: the list of today as this browser has kept it, for whoever read it, with
// all that can be noted in it. It is the page of the list itself, which goes on by itself once the network is back.
import { keptDay } from "./kept_day.js";
import { timeOf } from "./unsent_lists.js";

const shell = document.getElementById("kept-shell");
const day = await keptDay();
document.getElementById("kept-again").href = location.href;
if (day) {
  const parse = (text) => new DOMParser().parseFromString(text, "text/html");
  const page = parse(day.main);
  const rows = parse(day.rows);
  for (const id of ["day-top", "day-rows"]) if (rows.getElementById(id)) page.getElementById(id).replaceWith(rows.getElementById(id));
  const watch = page.getElementById("day-watch");
  watch.dataset.mark = day.mark;
  page.getElementById("as-at").textContent = day.asAt;
  shell.replaceChildren(...document.importNode(page.body, true).childNodes);
  document.title = day.title;
  document.body.classList.add("fd-wide", "fd-site");
  const whose = document.getElementById("kept-whose");
  whose.textContent = whose.dataset.text.replace("#", day.name).replace("#", timeOf(day.keptAt, day.zone));
  whose.hidden = false;
  await import("./site.js");
} else document.getElementById("kept-none").hidden = false;
