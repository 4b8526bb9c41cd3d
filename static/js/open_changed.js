// Back in the browser brings back what was typed, also into parts of a form that the page shows as closed: they open.
function hasChanged(control) {
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control.tagName !== "SELECT") return control.type !== "hidden" && control.value !== control.defaultValue;
  const given = [...control.options].filter((option) => option.defaultSelected);
  return given.length ? given.some((option) => !option.selected) : control.selectedIndex > 0;
}

export function openWhatWasTyped() {
  addEventListener("pageshow", () => {
    for (const control of document.querySelectorAll("details:not([open]) :is(input, select, textarea)")) {
      if (hasChanged(control)) control.closest("details").open = true;
    }
  });
}
