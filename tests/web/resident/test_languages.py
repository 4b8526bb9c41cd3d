"""A council that has its pages in two languages: each can be switched at any time, and nothing that was typed is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from core.database import Database
from core.language import language_for
from locations.catalogue_queries import bump_plan
from locations.tables import Authority, Service, Site
from people.residents.tables import Resident
from tests.support.bad_values import BAD_VALUES, as_sent
from tests.support.pages import Form, Page
from tests.support.town import Town
from tests.web.resident.browser import Visitor
from web.request_language import ENGLISH_ALONE

pytestmark = pytest.mark.databases("sqlite")

WELSH = language_for("cy")
HTML = {"Accept": "text/html"}


@pytest.fixture
def town(town: Town, database: Database) -> Town:
    """Testshire, which has Welsh, and a Welsh name for one of its services and for the council."""
    with database.writing() as db:
        own: dict[str, Any] = {"name_cy": "Cyngor Testshire", "opening_words_cy": "Trefnu apwyntiad gyda Testshire"}
        db.execute(update(Authority).values(languages=["en", "cy"], translations=own))
        welsh = {"name_cy": "Ardystio dogfennau", "topic_cy": "Budd-daliadau", "documents_cy": ["Eich pasbort"]}
        db.execute(update(Service).where(Service.slug == "certify").values(translations=welsh))
        db.execute(
            update(Site).where(Site.slug == "high-street").values(translations={"name_cy": "Llyfrgell y Stryd Fawr"})
        )
        bump_plan(db, town.authority_id)
    return town


class Reader(Visitor):
    """A visitor who keeps the HTML of the page that they see."""

    html = ""

    def _see(self, answer: Any) -> Page:
        self.html, self.query = answer.get_data(as_text=True), answer.request.query_string.decode()
        return super()._see(answer)

    @property
    def language(self) -> str:
        """The language of the page."""
        found = re.search(r'<html lang="(\w+)"', self.html)
        return found[1] if found else ""

    def switch(self, **typed: Any) -> Page:
        """Press the other language, by the link or by the button of the form with what was typed into it."""
        for form in self.page.forms:
            for number, (name, value) in enumerate(form.buttons):
                if name == "lang":
                    action = form.button_actions[number]
                    sent = Form(action, form.method, fields=form.fields)
                    return self._see(self.post(sent, typed | {"lang": value}, follow_redirects=True))
        (href,) = {href for words, href in self.page.links if words in ("Cymraeg", "English")}
        return self._see(self.client.get(href, follow_redirects=True))


@pytest.fixture
def visitor(town_app: Flask, town: Town) -> Reader:
    """Somebody whose browser asks for English."""
    client = town_app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en-GB,en;q=0.9"
    return Reader(client)


def test_a_booking_in_welsh_from_the_first_page_to_the_last(visitor: Reader, database: Database) -> None:
    visitor.open("/")
    assert visitor.language == "en"
    visitor.switch()
    assert visitor.language == "cy"
    assert visitor.page.headings == ["Trefnu apwyntiad gyda Testshire"]
    assert "Cyngor Testshire" in visitor.page.title
    assert '<h2 class="govuk-heading-m">Budd-daliadau</h2>' in visitor.html
    assert '<span lang="en" dir="ltr">Housing advice</span>' in visitor.html
    visitor.open("/services/certify")
    assert visitor.page.headings == ["Ardystio dogfennau"]
    assert "Eich pasbort" in visitor.page.text
    visitor.open("/times?service=certify&site=high-street&mode=in_person&day=2026-11-24")
    assert "dydd Mawrth 24 Tachwedd" in visitor.page.text
    visitor.take_first_time()
    visitor.send("/who", who="me")
    visitor.send("/details", name="", contact_preference="email")
    assert WELSH.gettext("Enter a name") in visitor.page.text
    assert visitor.page.title.startswith(WELSH.gettext("Error:"))
    visitor.send("/details", name="Robin Sample", email="robin@example.org", contact_preference="email")
    assert "Llyfrgell y Stryd Fawr" in visitor.page.text
    visitor.send("/check")
    assert visitor.language == "cy"
    with database.reading() as db:
        assert db.scalars(select(Resident.message_language)).all() == ["cy"]
    calendar = visitor.client.get(next(href for _, href in visitor.page.links if href.endswith(".ics"))).text
    assert "SUMMARY:Ardystio dogfennau" in calendar.replace("\r\n ", "")


def test_no_attribute_and_no_title_holds_a_mark_of_language(visitor: Reader) -> None:
    """What is only there in English is marked by an element, which can stand in neither."""
    for path in (
        "/",
        "/find",
        "/accessibility",
        "/privacy",
        "/sites/riverside-hub",
        "/services/advice",
        "/wait?service=advice",
    ):
        visitor.open(f"{path}{'&' if '?' in path else '?'}lang=cy")
        assert visitor.language == "cy", path
        assert not re.search(r'="[^"<>]*&lt;span|="[^"]*<span', visitor.html), path
        assert "span" not in visitor.page.title, path
    for path in ("/where?service=advice", "/when?service=advice&site=riverside-hub", "/needs?service=advice"):
        visitor.open(path)
        assert not re.search(r'="[^"<>]*&lt;span|="[^"]*<span', visitor.html), path


def test_what_is_typed_stays_when_the_language_changes(visitor: Reader) -> None:
    visitor.open("/times?service=certify&site=high-street&mode=in_person&day=2026-11-24")
    visitor.take_first_time()
    visitor.send("/who", who="me")
    at = visitor.at
    typed = {"name": "Robin <Sample>", "email": "half@", "notes": "By the\ndoor", "contact_preference": "none"}
    visitor.switch(**typed, leave_no_message="y")
    assert (visitor.at, visitor.language, visitor.status) == (at, "cy", 200)
    form = visitor.page.form_to("/details")
    assert {name: [value.replace("\r", "") for value in form.fields[name]] for name in typed} == {
        name: [value] for name, value in typed.items()
    }
    assert form.fields["leave_no_message"] == ["y"]
    assert "half" not in visitor.query
    visitor.switch(email="robin@example.org")  # and back
    assert (visitor.at, visitor.language) == (at, "en")
    assert visitor.page.form_to("/details").fields["email"] == ["robin@example.org"]
    visitor.send("/details", email="no email")  # a page of errors, which is switched like any other
    assert visitor.status == 400 or "There is a problem" in visitor.page.text
    visitor.switch()
    assert visitor.page.form_to("/details").fields["email"] == ["no email"]
    visitor.send("/details", email="robin@example.org")
    assert visitor.at.endswith("/check")


def test_what_is_typed_into_a_search_stays(visitor: Reader) -> None:
    visitor.open("/where?service=certify&need=step-free")
    visitor.switch(near="N12 0GA")
    assert (visitor.at, visitor.language) == ("/where", "cy")
    assert visitor.page.form_to("/where").fields["near"] == ["N12 0GA"]
    visitor.open("/needs?service=certify")
    visitor.switch(need=["step-free", "language"], language="Polish")
    assert (visitor.at, visitor.language) == ("/needs", "en")
    form = visitor.page.form_to("/where")
    assert (form.fields["need"], form.fields["language"]) == (["step-free", "language"], ["Polish"])


def test_enter_in_a_field_goes_on_and_changes_no_language(visitor: Reader) -> None:
    """A browser presses the first button of the form in the page's order."""
    for path in ("/find", "/where?service=certify", "/needs?service=certify", "/wait?service=certify"):
        visitor.open(path)
        first = re.search(r'<button form="page-form"([^>]*)>', visitor.html)
        assert first is not None, path
        assert "lang" not in first[1] + ("lang" if "formaction" in first[1] else ""), path
        assert 'id="page-form"' in visitor.html, path


def test_nobody_else_reads_what_was_typed(visitor: Reader, town_app: Flask) -> None:
    visitor.open("/find")
    visitor.switch(reference="K7PM 4QX3", surname="Sample")
    assert visitor.page.form_to("/find").fields["surname"] == ["Sample"]
    other = Reader(town_app.test_client())
    other.open(f"/find?{visitor.query}")
    assert other.page.form_to("/find").fields["surname"] == [""]


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example", "/\\evil.example", "/staff/../x", ""])
def test_the_switch_leads_to_no_other_host(visitor: Reader, page: str) -> None:
    visitor.open("/find")
    form = visitor.page.form_to("/find")
    answer = visitor.client.post(f"/testshire/language?page={page}", data=form.values(lang="cy"))
    assert answer.status_code == 303
    assert re.match(r"/testshire/\?", answer.location) or answer.location.startswith("/staff") is False
    assert "evil" not in answer.location


def test_a_page_says_on_what_its_language_depends(visitor: Reader) -> None:
    answer = visitor.client.get("/testshire/", headers=HTML)
    assert answer.headers["Content-Language"] == "en"
    assert {"cookie", "accept-language"} <= {name.lower() for name in answer.vary}
    assert '<link rel="alternate" hreflang="cy" href="/testshire/?lang=cy">' in answer.text


def test_a_council_with_english_alone_has_no_switch(visitor: Reader, database: Database, town: Town) -> None:
    with database.writing() as db:
        db.execute(update(Authority).values(languages=["en"]))
        bump_plan(db, town.authority_id)
    visitor.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "cy"
    visitor.open("/?lang=cy")
    assert visitor.language == "en"
    assert "Cymraeg" not in visitor.page.text
    assert "lang=cy" not in visitor.html


def test_every_page_of_residents_speaks_the_languages_of_the_council(town_app: Flask) -> None:
    rules = [rule for rule in town_app.url_map.iter_rules() if rule.endpoint.startswith("resident.")]
    in_english_alone = {rule.rule for rule in rules if rule.rule.split("/")[1] in ENGLISH_ALONE}
    assert len(rules) > 50
    assert not in_english_alone


def test_a_browser_that_asks_for_welsh_gets_it(visitor: Reader) -> None:
    visitor.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "cy,en;q=0.5"
    visitor.open("/")
    assert visitor.language == "cy"
    visitor.open("/no/such/page")
    assert (visitor.status, visitor.language) == (404, "cy")


@pytest.mark.databases("sqlite", "postgresql")
def test_the_switch_takes_every_bad_value_in_every_field(visitor: Reader) -> None:
    fields = visitor.open("/find").form_to("/find").fields
    for words, value in BAD_VALUES.items():
        for bad in fields.keys() - {"csrf_token"} | {"lang"}:
            sent = {**fields, "lang": "cy", bad: as_sent(value)}
            answer = visitor.client.post("/testshire/language?page=/testshire/find", data=sent, follow_redirects=True)
            assert answer.status_code == 200, f"{bad}: {words}"
