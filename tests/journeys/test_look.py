"""What every page looks like: one typeface, and margins at every width at which the layout changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from core.clock import FixedClock
from core.database import Database
from people.staff.sign_in_sessions import COOKIE
from people.staff.tables import StaffMember, StaffRole
from tests.support.axe import assert_accessible
from tests.support.callers import sign_in
from tests.support.crawl import crawl
from tests.support.server import LiveServer

HEIGHT = 900
STAFF_WIDTHS = (320, 641, 833, 1019, 1020, 1024, 1100, 1200, 1280, 1700)
# Texts that can be seen, line by line: [text, typeface, left, right, whether it stands in a box that scrolls].
# A box that cuts its text off with an ellipsis shows none beyond its own edge.
TEXTS = """() => {
  const found = [];
  const stands_in_scrolling_box = (element) => {
    for (; element && element !== document.documentElement; element = element.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(element).overflowX) && element.scrollWidth > element.clientWidth)
        return true;
    return false;
  };
  const visible = (element) => {
    let from = -Infinity, to = Infinity;
    for (; element; element = element.parentElement) {
      if (getComputedStyle(element).textOverflow !== "ellipsis") continue;
      const box = element.getBoundingClientRect();
      from = Math.max(from, box.left);
      to = Math.min(to, box.right);
    }
    return [from, to];
  };
  const looks = new Map();
  const look_of = (parent) => {
    if (!looks.has(parent)) {
      const is_left_out = !parent.checkVisibility({ visibilityProperty: true }) ||
        parent.closest(".govuk-visually-hidden, .govuk-skip-link, .hidden, .fd-cards thead, script, option");
      looks.set(parent, is_left_out ? null
        : [getComputedStyle(parent).fontFamily, stands_in_scrolling_box(parent), ...visible(parent)]);
    }
    return looks.get(parent);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.trim() || !look_of(node.parentElement)) continue;
    const [face, scrolls, from, to] = look_of(node.parentElement);
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      const left = Math.max(box.left, from), right = Math.min(box.right, to);
      if (right - left > 1) found.push([node.data.trim().slice(0, 40), face, left, right, scrolls]);
    }
  }
  return found;
}"""
SMALLEST_MARGIN = 15


@pytest.fixture
def admin(demo_store: Database, clock: FixedClock) -> str:
    """The session of an administrator of the demo."""
    with demo_store.reading() as db:
        query = (
            select(StaffMember.id).join(StaffRole).where(StaffRole.role == "authority_admin").order_by(StaffMember.id)
        )
        staff_id = db.scalars(query).first()
    assert staff_id is not None
    return sign_in(demo_store, staff_id, clock.now())


@pytest.fixture
def client(live_server: LiveServer, admin: str) -> FlaskClient:
    """A browser without a window, in which the administrator is signed in."""
    client = live_server.app.test_client()
    client.set_cookie(COOKIE, admin)
    return client


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, admin: str) -> Iterator[Page]:
    """A window of a browser in which the administrator is signed in."""
    context: BrowserContext = browser.new_context(base_url=live_server.url)
    context.add_cookies([{"name": COOKIE, "value": admin, "url": live_server.url}])
    yield context.new_page()
    context.close()


def addresses(client: FlaskClient, start: str, each: int = 3) -> list[str]:
    """Up to `each` addresses of every page that links lead to."""
    asked = {"/staff/calls/find": {"q": "mossington"}, "/staff/calls/new": {"q": "zebedee"}}
    opened = crawl(client, start, asked, each=each).opened
    pages = [path for paths in opened.values() for path in paths]
    return [path for path in pages if "/rows" not in path and is_page(client, path)]


def is_page(client: FlaskClient, path: str) -> bool:
    answer = client.get(path)
    return answer.status_code == 200 and answer.mimetype == "text/html"


def texts_of(page: Page, path: str, width: int) -> list[Any]:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    found: list[Any] = page.evaluate(TEXTS)
    assert found, f"{path} shows nothing"
    return found


FACES = ("arial, sans-serif", "monospace")


@pytest.mark.parametrize(("start", "widths"), [("/", (1280,)), ("/staff/", STAFF_WIDTHS)])
def test_texts_have_the_typeface_of_the_pages_and_keep_away_from_the_edge_of_the_window(
    page: Page, client: FlaskClient, start: str, widths: Sequence[int], every_value: bool
) -> None:
    """The narrowest on every page, and of the others one in three, which is another third from one page to the next."""
    wrong = []
    for number, path in enumerate(addresses(client, start)):
        page.goto(path)
        for place, width in enumerate(widths):
            if place and (place + number) % 3 and not every_value:
                continue
            for text, face, left, right, scrolls in texts_of(page, path, width):
                if face not in FACES:
                    wrong.append(f"{path}: {text!r} in {face}")
                if left < SMALLEST_MARGIN - 0.5 or (right > width - SMALLEST_MARGIN + 0.5 and not scrolls):
                    wrong.append(f"{path} at {width}: {text!r} from {left} to {right}")
    assert wrong == []


def test_every_page_is_for_everybody(page: Page, client: FlaskClient, every_value: bool) -> None:
    """At the width of a telephone; at that of a desk too, when every value is asked for."""
    wrong = []
    for path in addresses(client, "/", each=1):
        page.goto(path)
        for width in (320, 1280) if every_value else (320,):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            try:
                assert_accessible(page)
            except AssertionError as error:
                wrong.append(f"{path} at {width}: {error}")
    assert wrong == []
