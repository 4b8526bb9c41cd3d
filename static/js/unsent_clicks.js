import { setText } from "./announce.js";
import { entryOf, send, sendAsPage, Sent } from "./row_forms.js";
import { NextSteps } from "./next_steps.js";
import { showRefused, showUnsent } from "./unsent_lists.js";

const MOST_TRIES = 3;

// The clicks on the rows: each is sent at once; where that fails it is kept, shown in its row, and sent again later, in order. What
// the server did not record is shown beside what it has on record, until somebody has seen it.
export class UnsentClicks {
  #isSending = false;

  constructor(outbox, list, elements, settings) {
    Object.assign(this, { outbox, list, elements, settings });
    this.steps = new NextSteps(elements.rows, settings);
  }

  // Sends a form of the list, and shows the row as it then is. What follows something that waits takes its place behind it.
  async submit(form, button) {
    const entry = entryOf(form, button);
    const row = form.closest("li");
    if (this.outbox.unsent.length) {
      await this.#keep(entry, row, Sent.UNSENT);
      await this.sendAll();
      return;
    }
    setText(this.elements.status, this.settings.sending.replace("#", entry.label));
    const result = await send(entry, this.list.token ?? form.elements.csrf_token?.value ?? this.settings.token);
    setText(this.elements.status, "");
    if (result.sent === Sent.REFUSED) sendAsPage(form, entry, this.list.token ?? form.elements.csrf_token?.value ?? this.settings.token);
    else if (result.sent === Sent.RECORDED) await this.#showRecorded(entry, row);
    else await this.#keep(entry, row, result.sent);
  }

  #leaveForm(row) {
    if (!row) return;
    for (const reason of row.querySelectorAll(".fd-reason[open]")) reason.open = false;
    row.focus({ preventScroll: true }); // a row with the focus inside it is not replaced
  }

  async #showRecorded(entry, row) {
    this.#leaveForm(row);
    if (entry.reference) this.list.keep(entry.reference);
    await this.outbox.remove(entry);
    await this.list.refresh();
    this.#goTo(entry.reference);
    await this.sendAll();
  }

  async #keep(entry, row, sent) {
    this.#leaveForm(row);
    const isKept = this.outbox.keep(entry);
    if (sent === Sent.SIGNED_OUT) this.list.showSignedOut();
    if (sent === Sent.UNSENT && !this.outbox.unsent.some((one) => one !== entry)) this.list.showOffline();
    this.show();
    await isKept;
    if (sent === Sent.STALE) await this.#sendWithNewToken();
  }

  // A session that began in another tab has another token, which stands in the latest rows.
  async #sendWithNewToken() {
    if (await this.list.readAll()) await this.sendAll();
  }

  // Sends what is kept, one after the other, until one of them cannot be sent.
  async sendAll() {
    if (this.#isSending || !this.outbox.unsent.length || this.list.isSignedOut) return;
    this.#isSending = true;
    const refused = [];
    let hasSent = false;
    for (const entry of this.outbox.unsent) {
      if (!await this.outbox.isKept(entry)) {
        await this.outbox.remove(entry);
        continue;
      }
      let { sent, reason, isAnswer } = await send(entry, this.list.token ?? this.settings.token);
      if (isAnswer) entry.tries = (entry.tries ?? 0) + 1;
      if (isAnswer && entry.tries >= MOST_TRIES) [sent, reason] = [Sent.REFUSED, this.settings.notTaken]; // the others go on
      if (sent === Sent.SIGNED_OUT) this.list.showSignedOut();
      if (sent !== Sent.RECORDED && sent !== Sent.REFUSED) break;
      hasSent = true;
      if (sent === Sent.RECORDED) await this.outbox.remove(entry);
      else {
        entry.refused = { reason, at: Date.now() };
        await this.outbox.keep(entry);
        refused.push(this.settings.refused.replace("#", entry.label).replace("#", reason));
      }
    }
    this.#isSending = false;
    if (refused.length) setText(this.elements.refused, refused.join(" "));
    if (hasSent) await this.list.refresh();
    this.show();
  }

  // Forgets the last thing that was noted of the row.
  async takeBack(reference) {
    const entry = this.outbox.unsent.findLast((one) => one.reference === reference);
    if (entry) await this.remove(entry.key);
    document.getElementById(`a-${reference}`)?.focus();
  }

  // Forgets what has this key: it was taken back, or somebody has seen why it was refused.
  async remove(key) {
    const entry = this.outbox.entries.find((one) => one.key === key);
    if (entry) await this.outbox.remove(entry);
    if (!this.outbox.refused.length) setText(this.elements.refused, "");
    this.show();
  }

  // Marks the rows whose clicks are kept, with what can be noted next, and says how many there are.
  show() {
    const { unsent, refused } = this.outbox;
    for (const row of this.elements.rows.querySelectorAll("li.fd-row")) {
      const entries = unsent.filter((entry) => entry.reference === row.id.slice(2));
      this.#mark(row, entries);
      this.steps.show(row, entries.at(-1));
    }
    const text = unsent.length === 1 ? this.settings.unsentOne : this.settings.unsent.replace("#", unsent.length);
    setText(this.elements.unsent, unsent.length ? text : "");
    showUnsent(this.elements.unsentList, unsent.filter((entry) => !entry.reference || !document.getElementById(`a-${entry.reference}`)), this.settings);
    showRefused(this.elements.conflicts, refused, this.settings);
    this.elements.signIn.hidden = !this.list.isSignedOut;
  }

  #mark(row, entries) {
    let mark = row.querySelector(":scope > .fd-unsent");
    row.classList.toggle("fd-row--unsent", entries.length > 0);
    if (!entries.length) mark?.remove();
    else if (!mark) {
      mark = document.getElementById("unsent-mark").content.firstElementChild.cloneNode(true);
      row.prepend(mark);
    }
    const labels = entries.map((entry) => entry.label).join(", ");
    if (entries.length) setText(mark.querySelector("strong"), this.settings.unsentRow.replace("#", labels));
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
