// The list that `box` names by data-filters narrows while one types; Enter takes the first item that is left.
export function filterList(box) {
  const list = document.getElementById(box.dataset.filters);
  const emptyNotice = document.getElementById(`${box.dataset.filters}-none`);
  const visibleItem = () => [...list.children].find((item) => !item.hidden);

  const filter = () => {
    const searchWords = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of list.children) item.hidden = !searchWords.every((word) => item.dataset.searchText.includes(word));
    emptyNotice.hidden = visibleItem() !== undefined;
  };

  box.addEventListener("input", filter);
  box.form.addEventListener("submit", (event) => {
    filter();
    const first = visibleItem();
    if (first) { event.preventDefault(); first.querySelector("a").click(); }
  });
}
