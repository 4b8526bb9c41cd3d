// The list that `box` names by data-filters narrows while one types, the best match first; Enter, or the button beside it,
// takes the first that is left.
export function filterList(box) {
  const list = document.getElementById(box.dataset.filters);
  const emptyNotice = document.getElementById(`${box.dataset.filters}-none`);
  const inOrder = [...list.children];
  const visibleItem = () => [...list.children].find((item) => !item.hidden);

  // A name that begins with what was typed, one that has it, and then whatever has all its words somewhere.
  const rank = (item, typed) => {
    if (item.dataset.name.startsWith(typed)) return 0;
    return item.dataset.name.includes(typed) ? 1 : 2;
  };

  const filter = () => {
    const typed = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of inOrder) item.hidden = !typed.every((word) => item.dataset.searchText.includes(word));
    const phrase = typed.join(" ");
    list.append(...[...inOrder].sort((one, other) => rank(one, phrase) - rank(other, phrase)));
    emptyNotice.hidden = visibleItem() !== undefined;
  };

  const takeFirst = (event) => {
    filter();
    const first = visibleItem();
    event.preventDefault();
    if (first) first.querySelector("a").click();
  };

  box.addEventListener("input", filter);
  box.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.repeat) takeFirst(event); });
  box.parentElement.querySelector("button").addEventListener("click", takeFirst);
}
