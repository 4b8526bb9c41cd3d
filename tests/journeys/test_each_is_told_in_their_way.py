"""What residents without email are told, and who works the lists behind it, in a browser with the demo's outbox."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import select

from core.clock import FixedClock
from core.database import Database
from core.runtime import Runtime
from locations.tables import Authority
from reminders.bounce_marks import marked
from reminders.scheduler import send_once, worker_of
from reminders.tables import DemoMessage
from tests.contract.conftest import key_for, program_with
from tests.reminders.test_bounces import report
from tests.support.imap_server import LOCALHOST, ImapServer, imap_server
from tests.support.journeys import DEMO_PASSWORD, SIZES, demo_settings
from tests.support.server import LiveServer, serve
from wsgi import create_app

pytestmark = pytest.mark.journey

AGENT = "agent.aberwyn@demo.example"
WRONG = "carys@exampel.example.org"
CALLER, WAITING = "07700 900654", "07700 900655"


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImapServer]:
    """The mailbox to which mail comes back."""
    monkeypatch.setenv("SSL_CERT_FILE", str(LOCALHOST))
    with imap_server(ImapServer()) as server:
        yield server


@pytest.fixture
def live_server(demo_store: Database, clock: FixedClock, mailbox: ImapServer) -> Iterator[LiveServer]:
    """The demo, which reads that mailbox."""
    settings = replace(demo_settings(demo_store.url), bounce_mailbox=mailbox.url)
    with serve(create_app(settings, database=demo_store, clock=clock)) as server:
        yield server


@pytest.fixture
def new_browser(browser: Browser, live_server: LiveServer) -> Iterator[Callable[[int], Page]]:
    """Call it with a width: the page of somebody's own browser."""
    contexts: list[BrowserContext] = []

    def new(width: int) -> Page:
        contexts.append(browser.new_context(base_url=live_server.url, viewport=SIZES[width], locale="en-GB"))
        return contexts[-1].new_page()

    yield new
    for context in contexts:
        context.close()


@pytest.fixture
def send(live_server: LiveServer) -> Callable[[], None]:
    """Call it: the scheduler makes one round."""
    runtime: Runtime = live_server.app.extensions["front_door"]
    worker = worker_of(runtime)

    def send() -> None:
        send_once(runtime, worker)

    return send


def sign_in(page: Page, email: str) -> Page:
    """The home of whoever signs in."""
    page.goto("/staff/sign-in")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/staff/$"))
    return page


def take_new_caller(page: Page, name: str, **known: str) -> None:
    """Open the call of somebody who rings for the first time. `known` is their telephone and the way they want."""
    page.goto("/staff/calls/")
    page.get_by_role("button", name="New resident").click()
    page.get_by_label("Full name").fill(name)
    page.get_by_role("textbox", name="Telephone").fill(known["phone"])
    page.get_by_role("radio", name=known["way"], exact=True).check()
    page.get_by_role("radio", name=known["language"], exact=True).check()


def book_first_time(page: Page, weeks: int = 0) -> str:
    """Book the first free time for advice on housing, so many weeks on, in the open call: what the page says then."""
    if page.get_by_role("button", name="Save and go on").is_visible():
        page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("link", name="Housing options", exact=True).click()
    for answer in ("Yes", "Something else about housing", "Write it down and choose a time"):
        page.get_by_role("button", name=answer).click()
    for _ in range(weeks):
        page.get_by_role("link", name="Later week").click()
    page.get_by_role("row").filter(has_text="County Hall").get_by_role("button").first.click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Booked")).to_be_visible()
    return page.locator("main").inner_text()


def open_latest(page: Page, to: str) -> Locator:
    """The newest message to whoever has this number or address, in the outbox."""
    page.goto("/demo/outbox")
    page.get_by_role("row").filter(has_text=to).get_by_role("link").first.click()
    expect(page.get_by_text(f"Text to {to}")).to_be_visible()
    return page.locator("main")


def answer(page: Page, words: str) -> None:
    """Answer the text that is open."""
    page.get_by_label("Your answer").fill(words)
    page.get_by_role("button", name="Send the answer").click()


def test_a_time_that_is_cancelled_by_text_goes_to_who_waits_for_it(
    new_browser: Callable[[int], Page], send: Callable[[], None], axe: Callable[[Page], None]
) -> None:
    agent, telephone = sign_in(new_browser(1280), AGENT), new_browser(320)
    take_new_caller(agent, "Gwenllian Esiampl", phone=CALLER, way="Text message", language="Welsh")
    assert f"by text to {CALLER}" in book_first_time(agent)
    take_new_caller(agent, "Idris Arall", phone=WAITING, way="Text message", language="Welsh")
    book_first_time(agent)
    agent.get_by_role("link", name="Wants an earlier time").click()
    agent.get_by_label("Tuesday").check()
    agent.get_by_role("button", name="Put them on the list").click()
    expect(agent.get_by_text("They are on the waiting list.")).to_be_visible()
    send()
    expect(open_latest(telephone, CALLER)).to_contain_text("mae eich apwyntiad wedi'i drefnu: Maw 24 Tach 2pm.")
    axe(telephone)
    answer(telephone, "CANSLO")
    send()  # the text is read, and the time is held for who waits
    expect(open_latest(telephone, CALLER)).to_contain_text("(Maw 24 Tach 2pm) wedi'i ganslo")
    send()
    expect(open_latest(telephone, WAITING)).to_contain_text("amser cynharach ar gyfer eich apwyntiad: Maw 24 Tach 2pm.")
    answer(telephone, "IE")
    send()
    expect(open_latest(telephone, WAITING)).to_contain_text("amser newydd ar gyfer eich apwyntiad: Maw 24 Tach 2pm.")


def test_who_has_neither_telephone_nor_email_gets_a_letter_when_it_arrives_in_time(
    new_browser: Callable[[int], Page], send: Callable[[], None], axe: Callable[[Page], None]
) -> None:
    agent, reader = sign_in(new_browser(1280), AGENT), new_browser(320)
    take_new_caller(agent, "Ifor Heb Ffon", phone="", way="Letter", language="Welsh")
    agent.get_by_label("Postal address").fill("1 Stryd Ffug\nAberwyn")
    agent.get_by_role("textbox", name="Postcode").fill("SY23 3AS")
    assert "by letter to 1 Stryd Ffug" in book_first_time(agent, weeks=2)
    agent.get_by_role("button", name="Book another").click()
    assert "We can send nothing. Read it out slowly, twice." in book_first_time(agent)  # this week, before any post
    send()
    reader.goto("/demo/outbox")
    reader.get_by_role("row").filter(has_text="Stryd Ffug").get_by_role("link").click()
    letter = reader.locator("main")
    expect(letter).to_contain_text("Ifor Heb Ffon")
    axe(reader)
    expect(letter).to_contain_text("1 Stryd Ffug")
    expect(letter).to_contain_text("Opsiynau tai")


def test_two_agents_never_ring_the_same_person(
    new_browser: Callable[[int], Page],
    send: Callable[[], None],
    axe: Callable[[Page], None],
    demo_store: Database,
    live_server: LiveServer,
    clock: FixedClock,
) -> None:
    """Nobody has spoken with whom a program has booked for, so that they are rung to be told."""
    agent, other = sign_in(new_browser(1280), AGENT), sign_in(new_browser(320), "admin.aberwyn@demo.example")
    with demo_store.reading() as db:
        council = db.scalars(select(Authority.id).where(Authority.slug == "aberwyn")).one()
    program = program_with(live_server.app, key_for(demo_store, council, clock, "read", "book"))
    slots = program.slots(service="housing-options", mode="in_person")
    for slot, (name, phone) in zip(slots, (("Gwenllian Esiampl", CALLER), ("Idris Arall", WAITING)), strict=False):
        program.book(slot["slot"], resident={"name": name, "phone": phone, "contact_preference": "call"})
    send()
    for page in (agent, other):
        page.goto("/staff/untold")
        axe(page)
    agent.get_by_role("button", name="I am ringing : Gwenllian Esiampl").click()
    expect(agent.get_by_role("button", name="I have told them")).to_be_visible()
    other.get_by_role("button", name="I am ringing : Gwenllian Esiampl").click()
    expect(other.get_by_text("A colleague is ringing them already.")).to_be_visible()
    axe(other)
    agent.get_by_role("button", name="I have told them").click()
    expect(agent.get_by_text("You have told Gwenllian Esiampl.")).to_be_visible()
    other.goto("/staff/untold")
    expect(other.get_by_role("button", name="I am ringing")).to_have_count(1)


def test_an_address_that_mail_came_back_from_is_put_right_and_the_message_goes_again(
    new_browser: Callable[[int], Page],
    send: Callable[[], None],
    axe: Callable[[Page], None],
    mailbox: ImapServer,
    demo_store: Database,
    live_server: LiveServer,
) -> None:
    agent, reader = sign_in(new_browser(1280), AGENT), new_browser(320)
    take_new_caller(agent, "Carys Camsillaf", phone="", way="Email", language="English")
    agent.get_by_role("textbox", name="Email").fill(WRONG)
    book_first_time(agent)
    send()
    mailbox.add(report(f"Message-ID: <{_mark_of_only_email(live_server.app, demo_store)}@x>", recipient=WRONG))
    send()
    agent.goto("/staff/failures")
    axe(agent)
    agent.get_by_role("button", name="I deal with this").click()
    axe(agent)
    agent.get_by_role("textbox", name="Email").fill("carys@example.org")
    agent.get_by_role("button", name="Save and send again").click()
    expect(agent.get_by_text("Address corrected. 1 message is sent again")).to_be_visible()
    expect(agent.get_by_text("Nothing has failed")).to_be_visible()
    send()
    reader.goto("/demo/outbox")
    expect(reader.get_by_role("row").filter(has_text="carys@example.org")).to_have_count(1)
    expect(reader.get_by_role("row").filter(has_text=WRONG)).to_have_count(1)  # the first, and nothing more


def _mark_of_only_email(app: Flask, store: Database) -> str:
    """The first part of its Message-ID, as a report of a mail server brings it back."""
    with store.reading() as db:
        raw = db.scalars(select(DemoMessage.raw)).one()
    reference = str(message_from_bytes(raw)["Message-ID"]).strip("<>").partition("@")[0]
    return marked(app.config["SECRET_KEY"], reference)
