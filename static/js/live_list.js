import { announce, setText } from "./announce.js";
import { keepScrollPosition, mergeRows } from "./merge_rows.js";

const REQUEST_TIMEOUT_MS = 10000; // slower than that is as good as no network

// The day list as the server has it. `elements` holds the list, the time at which it was read (asAt), and the two live
// regions (status, error); `settings` holds the list's address and the texts.
export class LiveList {
  isSignedOut = false;
  isLeaving = false; // a page that is left breaks its own request off: that is no lost network
  #etag;
  #page = null; // the latest page of rows, kept while a row waits for somebody to leave it
  #hasPendingRow = false;
  #isRefreshing = false;

  constructor(elements, settings) {
    this.elements = elements;
    this.settings = settings;
    this.#etag = `"${settings.mark}"`;
  }

  // Asks the server for changes and shows them. Returns their texts, or null when nothing was asked.
  async refresh() {
    if (this.#isRefreshing || this.isSignedOut) return null;
    this.#isRefreshing = true;
    try {
      const response = await fetch(this.settings.from, {
        headers: { "If-None-Match": this.#etag },
        redirect: "manual",
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      return await this.#handleResponse(response);
    } catch {
      return this.isLeaving ? [] : this.showOffline();
    } finally {
      this.#isRefreshing = false;
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
      this.isSignedOut = true;
      return this.showStopped(this.settings.out);
    }
    if (response.status !== 200 && response.status !== 304) return this.showOffline();
    if (response.status === 200) {
      this.#page = new DOMParser().parseFromString(await response.text(), "text/html");
      this.#etag = response.headers.get("ETag") ?? this.#etag;
    }
    let changes = [];
    keepScrollPosition(this.elements.list, () => {
      if (response.status === 200 || this.#hasPendingRow) changes = this.#merge();
      this.#showConnected(response.headers.get("Fd-As-At"), changes);
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
