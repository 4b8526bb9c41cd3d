// The day list shows whose name or reference is typed, as it is typed. Without this file the server does the same.
const fold = (text) => text.normalize("NFKD").replace(/[\p{M}'’‘`-]/gu, "").toLowerCase();
const bare = (text) => text.toUpperCase().replace(/[^A-Z0-9]/g, "");

export class DaySearch {
  constructor(form, sections, emptyNotice) {
    const everywhere = document.getElementById("everywhere");
    Object.assign(this, { box: form.elements.q, sections, emptyNotice, everywhere, noneText: form.dataset.none, hasFolded: true });
    this.box.addEventListener("input", () => this.show());
    form.addEventListener("submit", (event) => {
      this.show();
      // Whom nothing here is spelt like, the server may know by the sound.
      if (this.sections.querySelector("ol > li:not([hidden])") === null) return;
      event.preventDefault();
      this.#goToFirst();
    });
  }

  // Hides the rows that are not meant; what is folded is open for as long as something is searched for.
  show() {
    const words = fold(this.box.value).split(/\s+/).filter(Boolean);
    const code = bare(this.box.value);
    const rows = [...this.sections.querySelectorAll("ol > li")];
    const fits = [isMeant, isNearlyMeant].find((one) => rows.some((row) => one(row.dataset.find ?? "", words, code))) ?? isMeant;
    for (const row of rows) row.hidden = words.length > 0 && !fits(row.dataset.find ?? "", words, code);
    if (this.everywhere) {
      this.everywhere.hidden = words.length === 0;
      this.everywhere.elements.q.value = this.box.value;
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

// The same for words of the name that are a few wrong letters away, as in the search for a resident.
function isNearlyMeant(text, words) {
  const parts = fold(text).split(/\s+/).slice(0, -1);
  return words.every((word) => parts.some((part) => part.startsWith(word) || wrongLetters(word, part) <= lettersAllowed(word)));
}

const lettersAllowed = (word) => (word.length < 3 ? 0 : word.length < 8 ? 1 : 2);

// How many letters have to be changed, added, left out or swapped with the next one (Damerau and Levenshtein).
function wrongLetters(word, part) {
  const rows = [[...part, ""].map((_, i) => i)];
  for (let i = 1; i <= word.length; i += 1) {
    rows.push([i]);
    for (let j = 1; j <= part.length; j += 1) {
      const differs = word[i - 1] === part[j - 1] ? 0 : 1;
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + differs);
      const isSwapped = i > 1 && j > 1 && word[i - 1] === part[j - 2] && word[i - 2] === part[j - 1];
      if (isSwapped) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[word.length][part.length];
}
