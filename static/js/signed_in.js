// Signed in again in a new window: what waited in the other one is sent from there, and says so here.
import { onSent, tellSignedIn } from "./other_windows.js";

onSent(() => {
  const { sent } = document.getElementById("signed-in").dataset;
  document.getElementById("signed-in-status").textContent = sent;
});
tellSignedIn();
