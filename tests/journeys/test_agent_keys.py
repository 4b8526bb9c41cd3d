"""Each key of the legend does what the legend says, on each screen of a call, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.test_agent import callers, check_caller, demo_store, desk, leave_box, open_call
from tests.support.callers import Callers

__all__ = ["callers", "demo_store", "desk"]
READ_LEGEND = """legend => {
    const pairs = [];
    let keys = [];
    const read = (node) => {
        if (node.hidden) return;
        if (node.nodeName === "KBD") keys.push(node.textContent);
        else if (node.nodeType === Node.TEXT_NODE) {
            const words = node.textContent.replace(/[·–]/g, " ").trim().replace(/\\s+/g, " ").replace(/\\.$/, "");
            if (words && keys.length) { for (const key of keys) pairs.push([key, words]); keys = []; }
        } else node.childNodes.forEach(read);
    };
    legend.childNodes.forEach(read);
    return pairs;
}"""


def heading(name: str) -> Callable[[Page], None]:
    return lambda page: expect(page.get_by_role("heading", name=name).first).to_be_visible()


def focus_on(selector: str) -> Callable[[Page], None]:
    return lambda page: expect(page.locator(selector)).to_be_focused()


def chosen(page: Page) -> None:
    """A time is held, or services or a person are selected."""
    expect(page.locator("#countdown, #grid-title, .fd-resident, #name").first).to_be_visible()


DOES = {
    "search": focus_on("#q"),
    "note": focus_on("#call_note"),
    "new resident": heading("New resident"),
    "change details": heading("Details of Amina Yusuf"),
    "move a visit": heading("Move Certify documents"),
    "move it": heading("Move Certify documents"),
    "cancel a visit": heading("Cancel Certify documents"),
    "confirm": heading("Booked"),
    "let it go": lambda page: expect(page.locator("#countdown")).to_have_count(0),
    "hold it again": lambda page: expect(page.locator("#countdown")).to_be_visible(),
    "services": heading("What is it about?"),
    "add another": heading("And what else?"),
    "book another": heading("What is it about?"),
    "end call": heading("Take a call"),
    "later": lambda page: expect(page.locator("#grid-title")).to_have_text(re.compile("Mon (30 Nov|7 Dec)")),
    "earlier": lambda page: expect(page.locator("#grid-title")).to_have_text("Mon 23 Nov to Sun 29 Nov"),
    "next free": lambda page: expect(page.locator("#countdown")).to_be_visible(),
    "choose": chosen,
}
STAYS = {"search", "note"}
NOT_SINGLE = {"go on", "leave a box", "move in the grid"}  # Enter, Esc and arrows have journeys of their own


def search_for(text: str, answer: str) -> Callable[[Page, Callers], None]:
    def show(page: Page, callers: Callers) -> None:
        page.goto("/staff/calls/")
        page.locator("#q").fill(text)
        page.locator("#q").press("Enter")
        expect(page.get_by_role("heading", name=answer)).to_be_visible()

    return show


def at(query: str) -> Callable[[Page, Callers], None]:
    return lambda page, callers: open_call(page, callers, "amina", query.format(callers.booked.reference))


def held(page: Page, callers: Callers) -> None:
    open_call(page, callers, "amina", "?service=certify")
    if page.locator("#countdown").count() == 0:
        page.locator(".fd-suggestion").first.click()
    expect(page.locator("#countdown")).to_be_visible()


SCREENS = {
    "start": lambda page, callers: page.goto("/staff/calls/"),
    "found": search_for("ameena", "Who is calling?"),
    "nobody": search_for("zebedee quux", "Nobody found"),
    "card": at(""),
    "times": at("?service=certify"),
    "later times": at("?service=certify&from=2026-11-30"),
    "cancel": at("?cancel={}"),
    "move": at("?move={}"),
    "held": held,
    "done": lambda page, callers: page.goto(
        f"/staff/calls/residents/{callers.people['amina']}/appointments/{callers.booked.reference}"
    ),
}


@pytest.mark.parametrize("name", SCREENS)
def test_each_key_of_the_legend_does_what_it_says(desk: Page, callers: Callers, width: int, name: str) -> None:
    if width == 320:  # no keyboard: no legend
        expect(desk.locator("#keys")).to_be_hidden()
        return
    open_call(desk, callers, "amina")
    check_caller(desk)
    SCREENS[name](desk, callers)
    pairs = [(key, words) for key, words in desk.locator(".fd-keys__list").evaluate(READ_LEGEND)]
    assert len(pairs) > 2
    for key, words in pairs:
        if words in NOT_SINGLE or key == "9":  # the end of a range: as many as there are
            continue
        SCREENS[name](desk, callers)
        leave_box(desk)
        if words in STAYS:
            desk.keyboard.press(key)
        else:
            with desk.expect_navigation():
                desk.keyboard.press(key)
        DOES[words](desk)
