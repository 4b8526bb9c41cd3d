// What can be noted next in a row whose last click is not sent yet: the forms that its new state will have. Its own forms come back
// when the click was sent, with the new row, or when it is taken back.
export class NextSteps {
  #own = new Map(); // what stood in each row before, by its id

  constructor(rows, settings) {
    Object.assign(this, { rows, steps: JSON.parse(settings.steps), template: document.getElementById("next-steps") });
  }

  show(row, entry) {
    const shown = row.querySelector(":scope .fd-next-steps");
    if (!entry?.to) {
      if (shown) this.#giveBack(row);
      return;
    }
    if (shown?.dataset.key === entry.key) return;
    const place = row.querySelector(".fd-row__progress");
    if (!place) return;
    const own = [...place.querySelectorAll("form.fd-row-actions, details.fd-reason")];
    if (!shown) this.#own.set(row.id, { mark: row.dataset.mark, own });
    const next = this.#nextOf(entry);
    if (shown) shown.replaceWith(next);
    else own[0] ? own[0].before(next) : place.append(next);
    for (const form of own) form.hidden = true;
    row.dataset.mark = ""; // so that the next list replaces it, whether it has changed or not
  }

  #giveBack(row) {
    const { mark, own } = this.#own.get(row.id) ?? {};
    row.querySelector(".fd-next-steps").remove();
    for (const form of own ?? []) form.hidden = false;
    if (own?.every((form) => row.contains(form))) row.dataset.mark = mark;
    this.#own.delete(row.id);
  }

  #nextOf(entry) {
    const box = this.template.content.firstElementChild.cloneNode(true);
    box.dataset.key = entry.key;
    const [plain, reasoned] = box.querySelectorAll("form");
    for (const form of [plain, reasoned]) {
      form.action = entry.action.replace(/\/undo(?=\?|$)/, "");
      form.elements.version.value = entry.fields.find(([name]) => name === "version")[1];
      form.elements.state.value = entry.to;
      form.elements.idempotency_key.value = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    }
    const steps = this.steps[entry.to] ?? [];
    for (const { to, label } of steps.filter((one) => !one.needsReason)) {
      const button = plain.querySelector("template").content.firstElementChild.cloneNode(true);
      button.value = to;
      button.textContent = label;
      plain.append(button);
    }
    const failed = steps.find((one) => one.needsReason);
    if (failed) {
      reasoned.elements.to.value = failed.to;
      const id = `next-why-${entry.key}`;
      reasoned.querySelector("label").htmlFor = reasoned.elements.other.id = id;
    } else reasoned.remove();
    return box;
  }
}
