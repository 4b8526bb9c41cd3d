import { setText } from "./announce.js";
import { entryOf, send, sendAsPage, Sent } from "./row_forms.js";

// The clicks on the rows: each is sent at once; where that fails it is kept, shown in its row, and sent again later.
export class UnsentClicks {
  #isSending = false;

  constructor(outbox, list, elements, settings) {
    Object.assign(this, { outbox, list, elements, settings });
  }

  // Sends the form of a row, and shows the row as it then is.
  async submit(form, button) {
    const entry = entryOf(form, button);
    const row = form.closest("li");
    setText(this.elements.status, this.settings.sending.replace("#", entry.label));
    const result = await send(entry, this.list.token ?? form.elements.csrf_token.value);
    setText(this.elements.status, "");
    if (result.sent === Sent.REFUSED) {
      sendAsPage(form, entry, this.list.token ?? form.elements.csrf_token.value);
      return;
    }
    for (const reason of row.querySelectorAll(".fd-reason[open]")) reason.open = false;
    row.focus({ preventScroll: true }); // a row with the focus inside it is not replaced
    if (result.sent === Sent.RECORDED) await this.#showRecorded(entry);
    else await this.#keep(entry, result);
  }

  async #showRecorded(entry) {
    this.list.keep(entry.reference);
    this.outbox.remove(entry);
    await this.list.refresh();
    this.#goTo(entry.reference);
    await this.sendAll();
  }

  async #keep(entry, { sent }) {
    this.outbox.keep(entry);
    if (sent === Sent.SIGNED_OUT) this.list.showSignedOut();
    if (sent === Sent.UNSENT) this.list.showOffline();
    this.show();
    if (sent === Sent.STALE) await this.#sendWithNewToken();
  }

  // A session that began in another tab has another token, which stands in the latest rows.
  async #sendWithNewToken() {
    if (await this.list.readAll()) await this.sendAll();
  }

  // Sends what is kept, one after the other, until one of them cannot be sent.
  async sendAll() {
    if (this.#isSending || !this.outbox.entries.length || this.list.isSignedOut) return;
    this.#isSending = true;
    const refused = [];
    let hasSent = false;
    for (const entry of this.outbox.entries) {
      const { sent, reason } = await send(entry, this.list.token ?? this.settings.token);
      if (sent === Sent.SIGNED_OUT) this.list.showSignedOut();
      if (sent !== Sent.RECORDED && sent !== Sent.REFUSED) break;
      hasSent = true;
      this.outbox.remove(entry);
      if (sent === Sent.REFUSED) refused.push(this.settings.refused.replace("#", entry.label).replace("#", reason));
    }
    this.#isSending = false;
    if (refused.length) setText(this.elements.refused, refused.join(" "));
    if (hasSent) await this.list.refresh();
    this.show();
  }

  takeBack(reference) {
    const entry = this.outbox.entries.find((one) => one.reference === reference);
    if (entry) this.outbox.remove(entry);
    this.show();
    document.getElementById(`a-${reference}`)?.focus();
  }

  // Marks the rows whose clicks are kept, and says how many there are.
  show() {
    const { entries } = this.outbox;
    const labels = new Map(entries.map((entry) => [entry.reference, entry.label]));
    for (const row of this.elements.rows.querySelectorAll("li.fd-row")) this.#mark(row, labels.get(row.id.slice(2)));
    const text = entries.length === 1 ? this.settings.unsentOne : this.settings.unsent.replace("#", entries.length);
    setText(this.elements.unsent, entries.length ? text : "");
    this.elements.signIn.hidden = !this.list.isSignedOut;
  }

  #mark(row, label) {
    let mark = row.querySelector(":scope > .fd-unsent");
    row.classList.toggle("fd-row--unsent", label !== undefined);
    if (label === undefined) mark?.remove();
    else if (!mark) {
      mark = document.getElementById("unsent-mark").content.firstElementChild.cloneNode(true);
      row.prepend(mark);
    }
    if (label !== undefined) setText(mark.querySelector("strong"), this.settings.unsentRow.replace("#", label));
  }

  #goTo(reference) {
    const row = document.getElementById(`a-${reference}`);
    if (!row) return;
    const fold = row.closest("details.fd-fold");
    if (fold) fold.open = true;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest", behavior: "instant" });
  }
}
