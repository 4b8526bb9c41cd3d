// What was noted and could not be sent. This browser keeps it, encrypted, for whoever is signed in, in its order, until it is sent
// or taken back, and what the server did not record until somebody has seen why.
import { drop, dropOwner, keep, readAll } from "./kept_store.js";

const KEPT_MS = 24 * 3600000; // what was refused longer ago can be put right no more
const beginningOf = (user) => `unsent-${user}-`;

export class Outbox {
  #beginning;
  #stored = new Set(); // the keys of those that are not for this page alone
  entries = []; // each is the address, fields and key of a form, whose row it is, what was noted, when, and why it was refused

  constructor(user) {
    this.user = user;
    this.#beginning = beginningOf(user);
  }

  // Reads what is kept; what only this page knows stays.
  async load() {
    try {
      const known = new Map(this.entries.map((entry) => [entry.key, entry]));
      for (const entry of (await readAll(this.#beginning)).values()) {
        this.#stored.add(entry.key);
        if (entry.refused && Date.now() - entry.refused.at > KEPT_MS) await this.remove(entry);
        else known.set(entry.key, known.get(entry.key) ?? entry);
      }
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
    try {
      await keep(this.#beginning, this.#nameOf(entry), entry);
      this.#stored.add(entry.key);
    } catch { /* it lasts for this page */ }
  }

  // Whether nobody has taken it back meanwhile, here or in another window.
  async isKept(entry) {
    if (!this.entries.includes(entry)) return false;
    if (!this.#stored.has(entry.key)) return true;
    try { return (await readAll(this.#nameOf(entry))).size > 0; } catch { return true; }
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
