// Parts of a form that the page shows as closed open when they matter.
// Back in the browser brings back what was typed, also into parts of a form that are closed.
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

// `data-opens-with` of a part has the name of a control, and the values with which the part has to be filled in.
export function openWhatIsNeeded() {
  addEventListener("change", ({ target }) => {
    for (const part of document.querySelectorAll("details[data-opens-with]")) {
      const [name, ...values] = part.dataset.opensWith.split(" ");
      if (target.name === name && values.includes(target.value)) part.open = true;
    }
  });
}
