// Lists whom a search may mean while it is typed. Without this file the button beside the box finds the same people.
const PAUSE_MS = 200;
const SHORTEST = 3;

export function listWhileTyping(box, list, status) {
  let timer = 0;
  let running = null; // the request for what was typed last

  const show = (html) => {
    list.innerHTML = html; // of our own server, as any page
    const isEmpty = list.querySelector("li") === null;
    list.hidden = isEmpty;
    status.textContent = isEmpty ? list.dataset.none : list.querySelector("[data-said]").dataset.said;
  };

  const clear = () => {
    running?.abort();
    list.replaceChildren();
    list.hidden = true;
    status.textContent = "";
  };

  const ask = async () => {
    running?.abort();
    const request = new AbortController();
    running = request;
    const body = new URLSearchParams({ q: box.value, csrf_token: box.form.elements.csrf_token.value });
    try {
      const answer = await fetch(list.dataset.address, { method: "POST", body, signal: request.signal, redirect: "error" });
      const html = answer.ok ? await answer.text() : "";
      if (running === request) show(html); // nothing where it was refused: the button says why
    } catch {
      if (running === request) clear(); // without network, or signed out: the button says so
    }
  };

  box.addEventListener("input", () => {
    clearTimeout(timer);
    clear(); // at once: what was listed is meant by what stood there before
    if (box.value.trim().length >= SHORTEST) timer = setTimeout(ask, PAUSE_MS);
  });

  // Arrows go down from the box through the list and back; Escape leaves it.
  const move = (event) => {
    const stops = [box, ...list.querySelectorAll("a")];
    const at = stops.indexOf(event.target);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && at > 0) box.focus();
    else if (step && at >= 0 && stops[at + step]) stops[at + step].focus();
    else return;
    event.preventDefault();
  };
  box.addEventListener("keydown", move);
  list.addEventListener("keydown", move);
}
