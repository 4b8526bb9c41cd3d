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
    const steps = this.steps[entry.to] ?? [];
    const plain = newForm(entry);
    for (const step of steps.filter((one) => !one.needsReason)) plain.append(newButton(step.label, step.to));
    if (plain.querySelector("button")) box.append(plain);
    const failed = steps.find((one) => one.needsReason);
    if (failed) box.append(newReasonForm(entry, failed, box.dataset.because));
    return box;
  }
}

export const newKey = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;

function newElement(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

// A form for the row of `entry`, as it is after that was recorded.
function newForm(entry) {
  const form = newElement("form", { method: "post", className: "fd-row-actions" });
  form.action = entry.action.replace(/\/undo(?=\?|$)/, "");
  const version = entry.fields.find(([name]) => name === "version")[1];
  for (const [name, value] of Object.entries({ idempotency_key: newKey(), version, state: entry.to })) {
    form.append(newElement("input", { type: "hidden", name, value }));
  }
  return form;
}

function newButton(label, to) {
  const button = newElement("button", { className: "govuk-button govuk-button--secondary fd-button-small", textContent: label });
  return to ? Object.assign(button, { name: "to", value: to }) : button;
}

function newReasonForm(entry, step, because) {
  const form = newForm(entry);
  const label = newElement("label", { textContent: `${because} ` });
  label.append(newElement("input", { className: "govuk-input govuk-input--width-20", name: "other", autocomplete: "off", required: true }));
  form.append(newElement("input", { type: "hidden", name: "to", value: step.to }), label, newButton(step.label));
  return form;
}
