// A date or time of which only a part is typed would be sent as none. The browser says so at its box instead.
export function keepHalfFilled() {
  addEventListener("submit", (event) => {
    const half = [...event.target.elements].find((box) => box.validity?.badInput);
    if (!half) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    half.reportValidity();
  }, { capture: true });
}
