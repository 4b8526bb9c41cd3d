const ANNOUNCED_MINUTES = [5, 2, 1];

// Counts down to the end of a hold: seconds for the eye, a few sentences for the ear.
export function startCountdown(countdown) {
  const { dataset } = countdown;
  const endsAt = performance.now() + 1000 * Number(dataset.seconds);
  const remaining = countdown.querySelector("[data-time-left]");
  const announcement = countdown.querySelector("[data-announcement]");
  let timer = 0;
  let announcedMinutes = Infinity;

  const announce = (minutes) => {
    if (minutes >= announcedMinutes) return;
    announcedMinutes = minutes;
    announcement.textContent = minutes === 1 ? dataset.minute : dataset.minutes.replace("#", minutes);
  };

  const showEnd = () => {
    clearInterval(timer);
    remaining.textContent = dataset.gone;
    announcement.textContent = dataset.gone;
    countdown.classList.add("fd-countdown--gone");
    offerAgain();
  };

  // What could be done with the hold makes room for holding it again; Enter in a box means that from now on.
  const offerAgain = () => {
    const again = document.getElementById("hold-again");
    const hadFocus = document.activeElement?.closest("[data-while-held]");
    for (const element of document.querySelectorAll("[data-while-held]")) element.hidden = true;
    for (const element of document.querySelectorAll("[data-after-hold]")) element.hidden = false;
    for (const cell of document.querySelectorAll("[data-held-cell]")) cell.textContent = dataset.goneInGrid;
    document.getElementById("hold-ended").hidden = false;
    for (const box of document.querySelectorAll("[data-enter=go-on]")) box.dataset.enter = again.id;
    if (hadFocus) again.focus();
  };

  const update = () => {
    const seconds = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
    remaining.textContent = `(${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")})`;
    countdown.classList.toggle("fd-countdown--short", seconds <= 60);
    for (const minutes of ANNOUNCED_MINUTES) if (seconds <= minutes * 60 && seconds > 0) announce(minutes);
    if (seconds === 0) showEnd();
  };

  timer = setInterval(update, 1000);
  update();
}
