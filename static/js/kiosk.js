// A kiosk's form that nobody has touched for a while makes way for the next person: what was typed is gone.
const form = document.getElementById("page-form");
let timer;

function start() {
  clearTimeout(timer);
  timer = setTimeout(() => location.replace(form.dataset.home), Number(form.dataset.seconds) * 1000);
}

for (const event of ["input", "keydown", "pointerdown", "focusin"]) document.addEventListener(event, start);
start();
