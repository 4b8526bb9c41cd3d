// Who calls for the resident: a typed name means somebody new, and choosing another person takes what was typed away, until
// somebody new is chosen again. Without scripts a typed name counts.
export function keepCallerInStep(form) {
  const other = form.querySelector("#caller-other");
  const name = form.querySelector("#rep_name");
  if (!other || !name) return;
  let putAside = "";
  name.addEventListener("input", () => { if (name.value.trim()) other.checked = true; });
  form.addEventListener("change", (event) => {
    if (event.target.name !== "caller") return;
    if (event.target === other) {
      name.value ||= putAside;
    } else if (name.value) {
      putAside = name.value;
      name.value = "";
    }
  });
}
