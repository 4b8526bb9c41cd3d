// What one window of this browser tells the others: that somebody has signed in again, and that what waited was sent. Browsers
// without channels say nothing: there a waiting click is sent a few seconds later.
const SIGNED_IN = "signed in", SENT = "sent";
const channel = "BroadcastChannel" in window ? new BroadcastChannel("front-door") : null;

const on = (message, handle) => channel?.addEventListener("message", (event) => { if (event.data === message) handle(); });

export const tellSignedIn = () => channel?.postMessage(SIGNED_IN);
export const tellSent = () => channel?.postMessage(SENT);
export const onSignedIn = (handle) => on(SIGNED_IN, handle);
export const onSent = (handle) => on(SENT, handle);
