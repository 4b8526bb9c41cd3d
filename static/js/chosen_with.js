// What somebody fills in says what they mean: `data-chooses` of a field has the name of a question, and its answer.
// `data-not-after` has the id of a later day, which is moved on with it.
export function chooseWhatIsMeant() {
  addEventListener("change", ({ target }) => {
    if (!target.value || !target.form) return;
    const [name, value] = (target.dataset.chooses ?? "").split(" ");
    const answer = name && target.form.querySelector(`[name="${name}"][value="${value}"]`);
    if (answer) answer.checked = true;
    const later = target.form.querySelector(`#${target.dataset.notAfter || "none"}`);
    if (later?.value && later.value < target.value) later.value = target.value;
  });
}
