// Clicks that could not be sent. This browser keeps them for whoever is signed in, until they are sent or taken back.
const PREFIX = "front-door-unsent-";

export class Outbox {
  #name;
  #entries; // for this page alone where the browser keeps nothing

  constructor(user) {
    this.#name = PREFIX + user;
    this.#entries = [];
  }

  // Each is the address, fields and key of a form, its appointment, and the words of the button.
  get entries() {
    try { return JSON.parse(localStorage.getItem(this.#name)) ?? []; } catch { return this.#entries; }
  }

  // Keeps `entry` instead of an earlier click on the same appointment.
  keep(entry) {
    this.#save([...this.entries.filter((one) => one.reference !== entry.reference), entry]);
  }

  remove(entry) {
    this.#save(this.entries.filter((one) => one.key !== entry.key));
  }

  #save(entries) {
    this.#entries = entries;
    try {
      if (entries.length) localStorage.setItem(this.#name, JSON.stringify(entries));
      else localStorage.removeItem(this.#name);
    } catch { /* they last for this page */ }
  }
}
