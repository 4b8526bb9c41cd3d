// The day list shows whose name or reference is typed, as it is typed. Without this file the server does the same.
const fold = (text) => text.normalize("NFKD").replace(/[\p{M}'’‘`-]/gu, "").toLowerCase();
const bare = (text) => text.toUpperCase().replace(/[^A-Z0-9]/g, "");

export class DaySearch {
  constructor(form, sections, emptyNotice) {
    Object.assign(this, { box: form.elements.q, sections, emptyNotice, noneText: form.dataset.none, hasFolded: true });
    this.box.addEventListener("input", () => this.show());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.show();
      this.#goToFirst();
    });
  }

  // Hides the rows that are not meant; what is folded is open for as long as something is searched for.
  show() {
    const words = fold(this.box.value).split(/\s+/).filter(Boolean);
    const code = bare(this.box.value);
    for (const row of this.sections.querySelectorAll("ol > li")) {
      row.hidden = words.length > 0 && !isMeant(row.dataset.find ?? "", words, code);
    }
    this.#fold(words.length === 0);
    for (const section of this.sections.children) section.hidden = section.querySelector("ol > li:not([hidden])") === null;
    this.emptyNotice.textContent = words.length && !this.sections.querySelector("ol > li:not([hidden])") ? this.noneText : "";
  }

  #fold(isFolded) {
    if (isFolded === this.hasFolded) return;
    this.hasFolded = isFolded;
    for (const details of this.sections.querySelectorAll(".fd-fold")) {
      if (isFolded) details.open = details.dataset.wasOpen === "true";
      else {
        details.dataset.wasOpen = details.open;
        details.open = true;
      }
    }
  }

  #goToFirst() {
    const row = this.sections.querySelector("ol > li:not([hidden])");
    if (!row) return;
    const brief = row.querySelector(".fd-brief");
    if (brief) brief.open = true;
    row.focus();
  }
}

// Whether each word begins a word of the name, or all together are a part of the reference.
function isMeant(text, words, code) {
  const parts = fold(text).split(/\s+/);
  const reference = bare(text.split(" ").at(-1));
  return (code !== "" && reference.includes(code)) || words.every((word) => parts.some((part) => part.startsWith(word)));
}
