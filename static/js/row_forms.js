// Sends the forms of the day list's rows without leaving the page, so that no network and no session can take it away.
const REQUEST_TIMEOUT_MS = 10000;
export const Sent = Object.freeze({ RECORDED: "recorded", REFUSED: "refused", SIGNED_OUT: "signed out", STALE: "stale", UNSENT: "unsent" });

// What `form` sends when `button` is pressed, without the token of the present session.
export function entryOf(form, button) {
  const fields = [...new FormData(form)].filter(([name]) => name !== "csrf_token");
  if (button?.name) fields.push([button.name, button.value]);
  return {
    reference: form.closest("li").id.slice(2),
    action: form.getAttribute("action"),
    fields,
    key: fields.find(([name]) => name === "idempotency_key")[1],
    label: (button ?? form).firstChild.textContent.trim(),
  };
}

// Sends `entry`: what came of it, and why it was refused. The key of the form lets it be recorded once, however often it is sent.
export async function send(entry, token) {
  let response;
  try {
    response = await fetch(entry.action, {
      method: "POST",
      body: new URLSearchParams([...entry.fields, ["csrf_token", token]]),
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
  if (response.status >= 500 || response.status === 429) return { sent: Sent.UNSENT };
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  // The token of an earlier session is refused by another page than the list.
  if (response.status === 400 && !page.getElementById("day-rows")) return { sent: Sent.STALE };
  const reason = page.querySelector(".govuk-error-summary__list, h1")?.textContent.trim() ?? "";
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
