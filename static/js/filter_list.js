// The list that `box` names by data-filters narrows while one types; Enter, or the button beside it, takes the first that is left.
export function filterList(box) {
  const list = document.getElementById(box.dataset.filters);
  const emptyNotice = document.getElementById(`${box.dataset.filters}-none`);
  const visibleItem = () => [...list.children].find((item) => !item.hidden);

  const filter = () => {
    const searchWords = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of list.children) item.hidden = !searchWords.every((word) => item.dataset.searchText.includes(word));
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
