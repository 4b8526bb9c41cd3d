// Compares a file with the hash of the one that was certified, in the browser: the file goes nowhere.
const form = document.querySelector("#compare");
const result = document.querySelector("#result");

async function hashOf(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function compare(event) {
  const file = form.elements.file.files[0];
  if (!file) return; // the server says what is missing
  event.preventDefault();
  const isSame = (await hashOf(file)) === form.dataset.sha256;
  const text = document.querySelector(isSame ? "[data-same]" : "[data-other]");
  result.replaceChildren(text.cloneNode(true));
  result.firstChild.tabIndex = -1;
  result.firstChild.focus();
}

// Without a secure context the form is sent, and the server compares.
if (form && globalThis.crypto?.subtle) form.addEventListener("submit", compare);
// What was said of one file never stands beside another.
form?.elements.file.addEventListener("change", () => result.replaceChildren());
