// The display refreshes itself without leaving the page, so that nothing that is spoken breaks off, and says each new call once.
const REQUEST_TIMEOUT_MS = 10000; // slower than that is as good as no network
const BEEP = { hertz: 660, seconds: 0.4, volume: 0.3 };
const TOO_OLD_MS = 30000; // a call of so long ago may have been taken back
let calls = document.getElementById("calls");
const sound = document.getElementById("display-sound");
const known = new Set([...calls.querySelectorAll("[data-call]")].map((row) => row.dataset.call));
let readAt = performance.now();
let audio = null; // a browser plays nothing before somebody has pressed a button

function beep() {
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.value = BEEP.hertz;
  volume.gain.setValueAtTime(BEEP.volume, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + BEEP.seconds);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + BEEP.seconds);
}

// The browser says one text after another: two calls at once are both spoken.
function speak(text) {
  const words = new SpeechSynthesisUtterance(text);
  words.lang = document.documentElement.lang;
  speechSynthesis.speak(words);
}

function announceNew() {
  const rows = [...calls.querySelectorAll("[data-call]")].reverse(); // the oldest first
  const fresh = rows.filter((row) => !known.has(row.dataset.call));
  for (const row of fresh) known.add(row.dataset.call);
  if (audio === null || fresh.length === 0) return;
  if (calls.dataset.sounds === "1") beep();
  if (calls.dataset.speaks === "1" && "speechSynthesis" in window) for (const row of fresh) speak(row.dataset.say);
}

async function read() {
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout?.(REQUEST_TIMEOUT_MS) });
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("calls") : null;
  } catch {
    return null;
  }
}

// Nobody is sent to a desk by a call that the server may have forgotten: after a while without an answer none is shown.
function showSilence() {
  const text = document.createElement("p");
  text.className = "govuk-body-l";
  text.textContent = calls.dataset.silent;
  calls.replaceChildren(text);
}

async function refresh() {
  const fresh = await read();
  if (fresh === null) {
    if (performance.now() - readAt > TOO_OLD_MS) showSilence();
    return;
  }
  readAt = performance.now();
  calls.replaceWith(fresh);
  calls = fresh;
  announceNew();
}

if (sound !== null) {
  sound.hidden = false;
  sound.querySelector("button").addEventListener("click", () => {
    audio = new AudioContext();
    if (calls.dataset.sounds === "1") beep();
    sound.hidden = true;
  });
}
setInterval(refresh, Number(calls.dataset.seconds) * 1000);
