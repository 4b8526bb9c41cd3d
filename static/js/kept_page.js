// A page that must not be lost: before a link of it is followed, or a form sent that is not kept in another way, the service is
// asked whether it answers. Without an answer the page stays, and says so; what prints the page prints what it shows.
const REQUEST_TIMEOUT_MS = 5000;

export class KeptPage {
  #isLeaving = false;

  constructor(notice) {
    this.notice = notice;
    this.settings = notice.dataset;
    document.addEventListener("click", (event) => this.#onLink(event));
    document.addEventListener("submit", (event) => this.#onSubmit(event));
    addEventListener("online", () => this.#say(""));
    addEventListener("beforeprint", () => openAll());
    addEventListener("afterprint", () => closeAgain());
  }

  #onLink(event) {
    const link = event.target.closest("a[href]");
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || event.defaultPrevented || link.target) return;
    if (link.origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    this.#leave(link, () => { location.href = link.href; });
  }

  #onSubmit(event) {
    if (event.defaultPrevented || this.#isLeaving) return;
    event.preventDefault();
    const button = event.submitter ?? event.target.querySelector("button");
    this.#leave(button, () => {
      this.#isLeaving = true;
      event.target.requestSubmit(event.submitter);
      this.#isLeaving = false;
    });
  }

  async #leave(control, go) {
    if (await this.#hasAnswer()) {
      this.#say("");
      go();
    } else if (control.dataset.print !== undefined) window.print();
    else this.#say(this.settings.stays.replace("#", control.firstChild.textContent.trim()));
  }

  async #hasAnswer() {
    try {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      return (await fetch(this.settings.check, { cache: "no-store", signal })).ok;
    } catch {
      return false;
    }
  }

  // The same text again would be read out again.
  #say(text) {
    if (this.notice.textContent !== text) this.notice.textContent = text;
  }
}

// Paper has no folds: what is folded is opened for it, and folded again.
function openAll() {
  for (const fold of document.querySelectorAll("details.fd-brief:not([open]), details.fd-fold:not([open])")) {
    fold.dataset.wasClosed = "";
    fold.open = true;
  }
}

function closeAgain() {
  for (const fold of document.querySelectorAll("details[data-was-closed]")) {
    delete fold.dataset.wasClosed;
    fold.open = false;
  }
}
