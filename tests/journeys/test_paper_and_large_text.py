"""What is on paper, and what a small telephone shows of a month in large letters."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.test_resident import book, free_days

pytestmark = pytest.mark.journey
# Every text that is printed, with what the stylesheet adds behind it.
PRINTED = """() => [...document.querySelectorAll("body *")].map((element) =>
  element.checkVisibility() ? getComputedStyle(element, "::after").content : "").join(" ") + document.body.innerText"""


@pytest.mark.parametrize("follow", ["", "See, change or cancel"], ids=["booked", "appointment"])
def test_the_paper_has_what_somebody_needs_and_no_address_that_opens_the_appointment(page: Page, follow: str) -> None:
    reference = book(page)
    if follow:
        page.get_by_role("link", name=follow).click()
        expect(page.get_by_role("heading", name="Your appointment")).to_be_visible()
    page.emulate_media(media="print")
    printed = page.evaluate(PRINTED)
    assert not re.search(r"/manage/|attr\(|\(/|https?://", printed)
    for text in (reference, "Robin Sample", "Help you need", "Phone: 01632 960100", "What to bring"):
        assert text in printed
    for heading in ("Keep it safe", "Is this a shared computer?", "Change or cancel"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_have_count(0)
    expect(page.get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize("percent", [100, 150, 200])
def test_no_date_of_a_month_breaks_in_large_text(page: Page, width: int, percent: int) -> None:
    page.goto("/barnet/when?service=certify-documents&mode=in_person")
    page.evaluate("percent => { document.documentElement.style.fontSize = `${percent}%` }", percent)
    is_list = width == 320 and percent > 100
    day = free_days(page).first
    expect(day.locator(".fd-day__number")).to_be_visible(visible=not is_list)
    expect(day).to_have_accessible_name(re.compile(r"^\w+day \d+ \w+ 20\d\d: \d+ free times?$"))
    for text in page.locator(".fd-month a span:visible:not(.govuk-visually-hidden)").all()[:30]:
        lines = text.evaluate("""element => {
          const range = document.createRange();
          range.selectNodeContents(element.firstChild);
          return /^\\d+$/.test(element.firstChild.data.trim()) ? range.getClientRects().length : 1;
        }""")
        assert lines == 1
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
