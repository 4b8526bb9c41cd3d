// The test of camera and sound: what they record is shown on this page and goes nowhere.
const box = document.querySelector("[data-video-test]");
const part = (name) => box.querySelector(`[data-${name}]`);
const RESULTS = ["works", "without-camera", "refused", "missing"];
const SOUND_SECONDS = 1;

function say(result) {
  for (const name of RESULTS) part(name).hidden = name !== result;
}

// The microphone is needed, the camera is not.
async function open() {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  } catch (error) {
    if (error.name === "NotAllowedError") throw error;
    return navigator.mediaDevices.getUserMedia({ audio: true });
  }
}

function showLevel(stream) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Uint8Array(analyser.fftSize);
  part("level-line").hidden = false;
  setInterval(() => {
    analyser.getByteTimeDomainData(samples);
    part("level").value = Math.max(...samples.map((sample) => Math.abs(sample - 128))) * (100 / 128);
  }, 100);
}

async function start() {
  if (part("picture").srcObject) return;
  if (!navigator.mediaDevices) {
    say("missing");
    return;
  }
  try {
    const stream = await open();
    const hasCamera = stream.getVideoTracks().length > 0;
    part("picture").srcObject = stream;
    part("picture").hidden = !hasCamera;
    showLevel(stream);
    say(hasCamera ? "works" : "without-camera");
  } catch (error) {
    say(error.name === "NotAllowedError" ? "refused" : "missing");
  }
}

function playSound() {
  const context = new AudioContext();
  const tone = context.createOscillator();
  const volume = context.createGain();
  volume.gain.value = 0.2;
  tone.frequency.value = 440;
  tone.connect(volume).connect(context.destination);
  tone.start();
  tone.stop(context.currentTime + SOUND_SECONDS);
}

document.querySelector("[data-without-script]").hidden = true;
box.hidden = false;
part("start").addEventListener("click", start);
part("sound").addEventListener("click", playSound);
