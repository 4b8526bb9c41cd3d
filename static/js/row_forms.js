// Sends the forms of the day list's rows without leaving the page, so that no network and no session can take it away.
const REQUEST_TIMEOUT_MS = 10000;
export const Sent = Object.freeze({ RECORDED: "recorded", REFUSED: "refused", SIGNED_OUT: "signed out", STALE: "stale", UNSENT: "unsent" });

// What `form` sends when `button` is pressed, without the token of the present session; whose it is and when it was pressed.
export function entryOf(form, button) {
  const fields = [...new FormData(form)].filter(([name]) => name !== "csrf_token");
  if (button?.name) fields.push([button.name, button.value]);
  const value = (name) => fields.find((field) => field[0] === name)?.[1] ?? "";
  const row = form.closest("li[data-title]");
  const label = (button ?? form).firstChild.textContent.trim();
  const typed = value("other") || value("reason");
  return {
    reference: row?.id.slice(2) ?? "",
    title: row?.dataset.title ?? value("name"),
    action: form.getAttribute("action"),
    fields,
    key: value("idempotency_key"),
    to: value("to"),
    label: typed ? `${label}: ${typed}` : label,
    notedAt: Date.now(),
  };
}

// Sends `entry`: what came of it, and why it was refused. The key of the form lets it be recorded once, however often it is sent.
// It says how long ago it was noted: what is sent late happened then.
export async function send(entry, token) {
  const ago = Math.max(0, Math.round((Date.now() - entry.notedAt) / 1000));
  let response;
  try {
    response = await fetch(entry.action, {
      method: "POST",
      body: new URLSearchParams([...entry.fields, ["noted_ago", ago], ["csrf_token", token]]),
      headers: { "Fd-Row-Form": "1" },
      redirect: "manual",
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    return await resultOf(response);
  } catch {
    return { sent: Sent.UNSENT };
  }
}

async function resultOf(response) {
  if (response.status === 204) return { sent: Sent.RECORDED };
  if (response.type === "opaqueredirect") return { sent: Sent.SIGNED_OUT };
  if (response.status >= 500 || response.status === 429) return { sent: Sent.UNSENT, isAnswer: response.status === 500 };
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const errors = page.querySelector(".govuk-error-summary__list");
  // The token of an earlier session is refused by another page than the form's own.
  if (response.status === 400 && !errors) return { sent: Sent.STALE, isAnswer: true };
  const reason = (errors ?? page.querySelector("h1"))?.textContent.trim() ?? "";
  return { sent: Sent.REFUSED, reason };
}

// Sends `form` as a browser does without scripts: its answer, a page that says what is wrong, takes the place of this one.
export function sendAsPage(form, entry, token) {
  const copy = document.createElement("form");
  copy.method = "post";
  copy.action = entry.action;
  copy.hidden = true;
  for (const [name, value] of [...entry.fields, ["csrf_token", token]]) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    copy.append(field);
  }
  form.after(copy);
  copy.submit();
}
