// The form of a page whose clicks must not be lost: without network, or when the session has ended, a click stays on the page,
// is said not to be sent, and is sent as soon as it can be, also after signing in again. What is typed is kept on the server
// while one types, and before a link is followed. Without scripts every button of the form carries what is typed.
import { onSignedIn, tellSent } from "./other_windows.js";

const REQUEST_TIMEOUT_MS = 10000; // slower than that is as good as no network
const RETRY_MS = 5000;
const TYPING_PAUSE_MS = 1500;
const SENT = "sent", OFFLINE = "offline", SIGNED_OUT = "out", OTHER_PERSON = "other", BAD_TOKEN = "token";

export class KeptForm {
  #waiting = null; // the click that could not be sent: {button} or {href}
  #isAttempting = false;
  #isLeaving = false;
  #savedText;
  #lastRequest = Promise.resolve();
  #typingTimer = 0;

  constructor(form, notice) {
    this.form = form;
    this.notice = notice;
    this.settings = notice.dataset;
    this.#savedText = this.#typedText();
    form.addEventListener("submit", (event) => this.#onSubmit(event));
    form.addEventListener("input", () => this.#onInput());
    document.addEventListener("click", (event) => this.#onLink(event));
    addEventListener("pagehide", () => this.#saveWhileLeaving());
    addEventListener("pageshow", () => { this.#isLeaving = false; });
    for (const name of ["online", "focus"]) addEventListener(name, () => this.#attempt());
    onSignedIn(() => this.#attempt());
    setInterval(() => this.#attempt(), RETRY_MS);
    notice.querySelector("[data-send]").addEventListener("click", () => this.#attempt());
    notice.querySelector("[data-drop]").addEventListener("click", () => this.#drop());
  }

  #onSubmit(event) {
    if (this.#isLeaving) return;
    event.preventDefault();
    if (this.#isAttempting) return;
    this.#wait({ button: event.submitter ?? this.form.querySelector("button") });
  }

  #onLink(event) {
    const link = event.target.closest("a[href]");
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || event.defaultPrevented || link.target || !this.#isDirty()) return;
    if (link.origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    this.#wait({ href: link.href, button: link });
  }

  #onInput() {
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(() => { if (!this.#waiting && this.#isDirty()) this.#keep(); }, TYPING_PAUSE_MS);
  }

  #wait(click) {
    this.#waiting?.button?.classList.remove("fd-not-sent");
    this.#waiting = click;
    this.#attempt();
  }

  async #attempt() {
    if (!this.#waiting || this.#isAttempting || this.#isLeaving) return;
    this.#isAttempting = true;
    clearTimeout(this.#typingTimer);
    let outcome = await this.#keep();
    if (outcome === BAD_TOKEN) outcome = await this.#renewToken() ?? await this.#keep();
    this.#isAttempting = false;
    if (!this.#waiting) return; // dropped meanwhile
    if (outcome === SENT) this.#go();
    else this.#show(outcome === BAD_TOKEN ? OFFLINE : outcome);
  }

  #go() {
    const { button, href } = this.#waiting;
    this.#waiting = null;
    this.#isLeaving = true;
    this.#savedText = this.#typedText();
    if (!this.notice.hidden) tellSent();
    this.#hide(button);
    if (href) location.href = href;
    else this.form.requestSubmit(button);
  }

  #show(reason) {
    const { button } = this.#waiting;
    const label = button.cloneNode(true);
    for (const key of label.querySelectorAll("kbd")) key.remove();
    const name = (button.getAttribute("aria-label") ?? label.textContent).trim().replace(/\s+/g, " ");
    button.classList.add("fd-not-sent");
    this.notice.hidden = false;
    this.#setText("[data-what]", this.settings.what.replace("#", name));
    this.#setText("[data-why]", this.settings[reason]);
    this.notice.querySelector("[data-sign-in]").hidden = reason !== SIGNED_OUT;
  }

  // The same text again would be read out again.
  #setText(selector, text) {
    const element = this.notice.querySelector(selector);
    if (element.textContent !== text) element.textContent = text;
  }

  #hide(button) {
    button?.classList.remove("fd-not-sent");
    this.notice.hidden = true;
  }

  #drop() {
    this.#hide(this.#waiting?.button);
    this.#waiting = null;
  }

  // Keeps what is typed, one request at a time; says what came of it.
  #keep() {
    this.#lastRequest = this.#lastRequest.then(() => this.#sendTyped());
    return this.#lastRequest;
  }

  async #sendTyped() {
    const text = this.#typedText();
    try {
      const response = await fetch(this.settings.keep, {
        method: "POST",
        body: new FormData(this.form),
        redirect: "manual",
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      if (response.type === "opaqueredirect") return SIGNED_OUT;
      if (response.status === 400) return BAD_TOKEN;
      if (!response.ok) return OFFLINE;
      this.#savedText = text;
      return SENT;
    } catch {
      return OFFLINE;
    }
  }

  // After a new sign-in the form's token is that of an old session: takes the new one. Returns why that cannot be, or null.
  async #renewToken() {
    try {
      const response = await fetch(this.settings.again, { redirect: "manual", signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      if (response.type === "opaqueredirect") return SIGNED_OUT;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const token = page.querySelector("[name=csrf_token]")?.value;
      if (!response.ok || !token) return OFFLINE;
      if (page.querySelector("#not-sent")?.dataset.staff !== this.settings.staff) return OTHER_PERSON;
      for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = token;
      return null;
    } catch {
      return OFFLINE;
    }
  }

  #saveWhileLeaving() {
    if (this.#isDirty()) navigator.sendBeacon(this.settings.keep, new FormData(this.form));
  }

  #typedText() {
    const fields = this.form.querySelectorAll("textarea, input[type=text], input:not([type]), input[type=tel], input[type=email], select");
    const ticked = this.form.querySelectorAll("input:checked");
    return JSON.stringify([...fields, ...ticked].map((field) => [field.name, field.value]));
  }

  #isDirty() {
    return this.#typedText() !== this.#savedText;
  }
}
