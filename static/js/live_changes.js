// Says when a page is to be read again: at once where the server tells of changes, else at intervals. A page that nobody sees or
// uses is told of nothing, so that it takes no connection from the other windows of its browser.
const SELDOM_MS = 60000; // how often a page that is told of changes asks nevertheless, for what nobody tells of
const SILENT_MS = 45000; // a server that lives says so every 20 seconds
const TRY_AGAIN_MS = 60000; // after an answer that has no news in it: the server has no room, or cannot
const SPREAD_MS = 300; // many screens are told at the same moment
const REST_MS = 400, RESTLESS_MS = 900;

export class LiveChanges {
  #source = null;
  #isTold = false;
  #readAt = Date.now();
  #heardAt = 0;
  #nextTryAt = 0;
  #isPlanned = false;

  constructor(address, read, { mayListen = () => !document.hidden, seldomMs = SELDOM_MS } = {}) {
    Object.assign(this, { address, read, mayListen, seldomMs });
  }

  // From now on another day is followed.
  follow(address) {
    if (address === this.address) return;
    this.address = address;
    this.stop();
  }

  // The time has come to ask, by the page's own clock: reads it, unless the server would have told.
  async tick() {
    if (this.#isTold && Date.now() - this.#heardAt > SILENT_MS) this.stop(); // the network is gone, and nobody has said so
    if (!this.#isTold || Date.now() - this.#readAt >= this.seldomMs) await this.#readNow();
    if (this.mayListen()) this.#listen();
  }

  stop() {
    this.#source?.close();
    this.#source = null;
    this.#isTold = false;
  }

  #listen() {
    if (this.#source || !("EventSource" in window) || Date.now() < this.#nextTryAt) return;
    const source = this.#source = new EventSource(this.address);
    source.addEventListener("beat", () => { this.#heardAt = Date.now(); });
    source.addEventListener("message", () => {
      this.#isTold = true;
      this.#heardAt = Date.now();
      this.#plan();
    });
    source.addEventListener("error", () => {
      this.#isTold = false;
      if (source.readyState !== EventSource.CLOSED) return; // the browser connects again by itself
      if (this.#source === source) this.#source = null;
      this.#nextTryAt = Date.now() + TRY_AGAIN_MS;
    });
  }

  // Several changes at once are read once, and not while somebody is about to press something.
  async #plan() {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    await pause(Math.random() * SPREAD_MS);
    await pointerRests();
    this.#isPlanned = false;
    if (this.#source) await this.#readNow();
  }

  async #readNow() {
    this.#readAt = Date.now();
    await this.read();
  }
}

const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

let pointerAt = 0;
let isPressed = false;
const note = () => { pointerAt = Date.now(); };
for (const name of ["pointermove", "pointerdown", "pointerup"]) addEventListener(name, note, { passive: true });
addEventListener("pointerdown", () => { isPressed = true; }, { passive: true });
for (const name of ["pointerup", "pointercancel", "blur"]) addEventListener(name, () => { isPressed = false; }, { passive: true });

// Waits until the pointer has not moved for a moment; not for ever, for it may be moved without end.
async function pointerRests() {
  const end = Date.now() + RESTLESS_MS;
  while (isPressed || (Date.now() - pointerAt < REST_MS && Date.now() < end)) await pause(50);
}
