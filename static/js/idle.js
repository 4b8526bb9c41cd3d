const EVENTS_OF_USE = ["pointerdown", "keydown", "wheel", "touchmove"];

// Returns a function that says whether nobody has used this page for so many minutes. Calls `onReturn` when somebody does again.
export function watchIdleTime(minutes, onReturn) {
  let lastUsed = Date.now();
  const isIdle = () => Date.now() - lastUsed > minutes * 60000;
  const noteUse = () => {
    const wasIdle = isIdle();
    lastUsed = Date.now();
    if (wasIdle) onReturn();
  };
  for (const name of EVENTS_OF_USE) addEventListener(name, noteUse, { passive: true });
  return isIdle;
}
