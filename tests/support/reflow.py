"""Whether everything on a page can still be read in a narrow window with large text (WCAG 2.2, 1.4.4 and 1.4.10)."""

from __future__ import annotations

from playwright.sync_api import Page

WIDTH = 320
PERCENT = 200
# What stands outside the window, or outside a box that it belongs to: "text (by how many pixels)".
OVERFLOWING = """() => {
  const found = [];
  const excess = document.documentElement.scrollWidth - innerWidth;
  if (excess > 0) found.push(`the page (${excess})`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || !parent.checkVisibility({ visibilityProperty: true })) continue;
    if (parent.closest(".govuk-visually-hidden, .govuk-skip-link, [hidden], script, option, textarea")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const right = Math.max(...[...range.getClientRects()].map((box) => box.right));
    let limit = innerWidth, scrolls = false;
    for (let box = parent; box && box !== document.documentElement; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (["auto", "scroll"].includes(style.overflowX)) scrolls = true;
      if (scrolls) break;
      if (!["inline", "contents"].includes(style.display)) limit = Math.min(limit, box.getBoundingClientRect().right);
    }
    if (!scrolls && right > limit + 1) found.push(`${node.data.trim().slice(0, 40)} (${Math.round(right - limit)})`);
  }
  return found;
}"""


def overflowing(page: Page, percent: int = PERCENT) -> list[str]:
    """What of the page that is open, or being opened, cannot be read at once when its text is this large."""
    page.wait_for_load_state()  # before its first element there is nothing whose text could be made larger
    page.set_viewport_size({"width": WIDTH, "height": 640})
    page.evaluate("percent => { document.documentElement.style.fontSize = `${percent}%` }", percent)
    found: list[str] = page.evaluate(OVERFLOWING)
    return found
