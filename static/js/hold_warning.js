const WARNED_SECONDS = 120;

// Shows that a held time ends in two minutes, with a button that keeps it, and then that it has ended.
export function warnBeforeHoldEnds(box) {
  const endsAt = Date.now() + 1000 * Number(box.dataset.seconds);
  const soon = box.querySelector("[data-soon]");
  const over = box.querySelector("[data-over]");
  let timer = 0;

  const update = () => {
    const seconds = (endsAt - Date.now()) / 1000;
    soon.hidden = seconds > WARNED_SECONDS || seconds <= 0;
    over.hidden = seconds > 0;
    if (seconds <= 0) clearInterval(timer);
  };

  box.querySelector("[data-keep]").addEventListener("click", () => document.getElementById("keep-time").click());
  addEventListener("pageshow", update);
  timer = setInterval(update, 1000);
  update();
}
