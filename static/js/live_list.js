import { announce, setText } from "./announce.js";
import { keepScrollPosition, mergeRows } from "./merge_rows.js";

const REQUEST_TIMEOUT_MS = 10000; // slower than that is as good as no network

// The day list as the server has it. `elements` holds the list, the time at which it was read (asAt), and the two live
// regions (status, error); `settings` holds the list's address and the texts.
export class LiveList {
  isSignedOut = false;
  onShown = () => {}; // called after rows may have changed
  onOffline = () => {}; // called whenever the server could not be reached
  onRead = () => {}; // called with the rows as they were sent, and their mark
  isOffline = false;
  isLeaving = false; // a page that is left breaks its own request off: that is no lost network
  #etag;
  #page = null; // the latest page of rows, kept while a row waits for somebody to leave it
  #hasPendingRow = false;
  #running = null; // a request that has not been answered yet
  #clock = { server: 0, here: 0 }; // the server's time at a moment of this browser's clock

  constructor(elements, settings) {
    this.elements = elements;
    this.settings = settings;
    this.#etag = `"${settings.mark}"`;
    this.#setClock(settings.now);
  }

  // The token of the session in which the latest rows were read; none before that.
  get hasRead() {
    return this.#page !== null;
  }

  get token() {
    return this.#page?.querySelector("[name=csrf_token]")?.value;
  }

  // From now on the row of this appointment is shown whatever its state.
  keep(reference) {
    const address = new URL(this.settings.from, location.href);
    address.searchParams.set("keep", reference);
    this.settings.from = address.pathname + address.search;
  }

  // Reads all rows again, changed or not, also after the session had ended; whether that worked.
  async readAll() {
    this.isSignedOut = false;
    this.#etag = "";
    await this.refresh();
    return !this.isSignedOut && !this.elements.error.textContent;
  }

  showSignedOut() {
    this.isSignedOut = true;
    return this.showStopped(this.settings.out);
  }

  // Says how long each person who waits has waited by now.
  showWaits() {
    const now = this.#clock.server + Date.now() - this.#clock.here;
    for (const wait of this.elements.list.querySelectorAll(".fd-waited")) {
      const minutes = Math.max(0, Math.floor((now - Date.parse(wait.dataset.since)) / 60000));
      setText(wait, minutes === 1 ? this.settings.waitedOne : this.settings.waited.replace("#", minutes));
    }
  }

  #setClock(time) {
    if (time) this.#clock = { server: Date.parse(time), here: Date.now() };
  }

  // Asks the server for changes and shows them. Returns their texts, or null when nothing was asked.
  async refresh() {
    while (this.#running) await this.#running;
    if (this.isSignedOut) return null;
    this.#running = this.#read();
    try {
      return await this.#running;
    } finally {
      this.#running = null;
    }
  }

  async #read() {
    try {
      const response = await fetch(this.settings.from, {
        headers: { "If-None-Match": this.#etag },
        redirect: "manual",
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      return await this.#handleResponse(response);
    } catch {
      return this.isLeaving ? [] : this.showOffline();
    }
  }

  // Refreshes, and says so too when nothing has changed.
  async refreshOnRequest() {
    const { asAt, status, error } = this.elements;
    const changes = await this.refresh();
    if (changes?.length === 0 && !this.#hasPendingRow && !error.textContent) {
      setText(status, this.settings.none.replace("#", asAt.textContent));
    }
  }

  showOffline() {
    this.isOffline = true;
    this.onOffline();
    return this.showStopped(this.settings.offline);
  }

  // Says why the list is not refreshed, with the time of what is shown.
  showStopped(reason) {
    const { list, asAt, error } = this.elements;
    keepScrollPosition(list, () => setText(error, reason.replace("#", asAt.textContent)));
    return [];
  }

  async #handleResponse(response) {
    if (response.type === "opaqueredirect" || response.status === 404) {
      return this.showSignedOut();
    }
    if (response.status !== 200 && response.status !== 304) return this.showOffline();
    if (this.isSignedOut) return []; // it was on its way when the session ended
    if (response.status === 200) {
      const text = await response.text();
      this.#page = new DOMParser().parseFromString(text, "text/html");
      this.#etag = response.headers.get("ETag") ?? this.#etag;
      this.onRead(text, this.#etag.replace(/^W\//, "").replaceAll('"', ""), response.headers.get("Fd-As-At"));
    }
    this.isOffline = false;
    this.#setClock(response.headers.get("Fd-Now"));
    let changes = [];
    keepScrollPosition(this.elements.list, () => {
      if (response.status === 200 || this.#hasPendingRow) changes = this.#merge();
      this.#showConnected(response.headers.get("Fd-As-At"), changes);
      this.onShown();
    });
    return changes;
  }

  #merge() {
    const { changes, hasPendingRow } = mergeRows(this.elements.list, this.#page, this.settings);
    this.#hasPendingRow = hasPendingRow;
    return changes;
  }

  #showConnected(time, changes) {
    const { asAt, status, error } = this.elements;
    asAt.textContent = time ?? asAt.textContent;
    if (error.textContent) changes.unshift(this.settings.back);
    setText(error, "");
    announce(status, { changes, hasPendingRow: this.#hasPendingRow }, this.settings);
  }
}
