// What was noted and could not be sent. This browser keeps it, encrypted, for whoever is signed in, in its order, until it is sent
// or taken back, and what the server did not record until somebody has seen why.
import { drop, dropOwner, keep, readAll } from "./kept_store.js";

const beginningOf = (user) => `unsent-${user}-`;

export class Outbox {
  #beginning;
  entries = []; // each is the address, fields and key of a form, whose row it is, what was noted, when, and why it was refused

  constructor(user) {
    this.user = user;
    this.#beginning = beginningOf(user);
  }

  // Reads what is kept; what only this page knows stays.
  async load() {
    try {
      const known = new Map(this.entries.map((entry) => [entry.key, entry]));
      for (const entry of (await readAll(this.#beginning)).values()) known.set(entry.key, known.get(entry.key) ?? entry);
      this.entries = [...known.values()].sort((one, other) => one.notedAt - other.notedAt);
    } catch { /* this browser keeps nothing: they last for this page */ }
  }

  get unsent() {
    return this.entries.filter((entry) => !entry.refused);
  }

  get refused() {
    return this.entries.filter((entry) => entry.refused);
  }

  // Keeps a new entry, or what is known of one by now.
  async keep(entry) {
    if (!this.entries.includes(entry)) this.entries.push(entry);
    try { await keep(this.#beginning, this.#nameOf(entry), entry); } catch { /* it lasts for this page */ }
  }

  async remove(entry) {
    this.entries = this.entries.filter((one) => one.key !== entry.key);
    try { await drop(this.#nameOf(entry)); } catch { /* it was kept by this page alone */ }
  }

  #nameOf(entry) {
    return `${this.#beginning}${entry.key}`;
  }
}

// How many things of this person are still kept here.
export async function countKept(user) {
  const outbox = new Outbox(user);
  await outbox.load();
  return outbox.entries.length;
}

export async function forgetUnsent(user) {
  try { await dropOwner(beginningOf(user), beginningOf(user)); } catch { /* nothing was kept */ }
}
