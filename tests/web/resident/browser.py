"""A visitor without a browser: every page that it opens is checked, and forms are sent as they stand."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from booking.tables import Appointment
from core.flask_context import EXTENSION
from core.tokens import digest, owner_proof
from tests.support.pages import Form, Page, check_page


class Visitor:
    """Somebody at a keyboard. `page` is what they see, `status` what was answered, `at` where they are."""

    def __init__(self, client: FlaskClient, base: str = "/testshire") -> None:
        self.client, self.base = client, base
        self.page, self.status, self.at = Page(), 0, ""

    def open(self, path: str) -> Page:
        """Go to a page of the council (or, with a leading "!", to an exact address)."""
        return self._see(
            self.client.get(path[1:] if path.startswith("!") else f"{self.base}{path}", follow_redirects=True)
        )

    def follow(self, words: str) -> Page:
        """Click a link by its words."""
        return self._see(self.client.get(self.page.link(words).partition("#")[0], follow_redirects=True))

    def send(self, ending: str, **typed: Any) -> Page:
        """Send the form that goes to an address ending so, with what was typed on top of what it holds."""
        return self._see(self.post(self.page.form_to(ending), typed, follow_redirects=True))

    def post(self, form: Form, typed: dict[str, Any], **how: Any) -> TestResponse:
        """The answer to a form, without looking at it."""
        values = form.values(**typed)
        if form.method == "get":
            return self.client.get(form.action, query_string=values, **how)
        return self.client.post(form.action, data=values, **how)

    def take_first_time(self) -> Page:
        """Choose the first time of the page."""
        form = self.page.form_to("/book/hold")
        slots = [value for name, value in form.buttons if name == "slot"] or form.fields["slot"]
        return self.send("/book/hold", slot=slots[0])

    def _see(self, answer: TestResponse) -> Page:
        self.status, self.at = answer.status_code, urlsplit(answer.request.url).path.removeprefix(self.base)
        self.page = check_page(answer.get_data(as_text=True))
        return self.page


def go_to_times(visitor: Visitor, service: str = "certify", site: str = "high-street", day: str = "2026-11-24") -> Page:
    """As far as the free times of a day."""
    visitor.open(f"/services/{service}")
    visitor.follow("Find a time")
    query = f"service={service}&site={site}&mode=in_person&day={day}"
    visit = visitor.page.form_to("/where").fields["visit"][0]
    return visitor.open(f"/times?{query}&visit={visit}")


def fill_in(visitor: Visitor, **typed: Any) -> Page:
    """From a held time to the page of answers."""
    visitor.send("/who", who="me")
    defaults = {"name": "Robin Sample", "email": "robin@example.org", "contact_preference": "email"}
    return visitor.send("/details", **(defaults | typed))


def book_one(visitor: Visitor, **where: str) -> str:
    """The reference of an appointment booked from the first page to the last."""
    go_to_times(visitor, **where)
    visitor.take_first_time()
    fill_in(visitor)
    visitor.send("/check")
    return visitor.page.title.split(":")[1].split("–")[0].strip()


def path_for_owner(app: Flask, link: str, address: str, page: str = "all") -> str:
    """The path of a page for whoever reads `address`, as a message to it has it; `link` is a manage link."""
    runtime = app.extensions[EXTENSION]
    known = Appointment.manage_digest == digest(link.rpartition("/")[2])
    with runtime.database.reading() as db:
        nonce = db.scalars(select(Appointment.manage_nonce).where(known)).one()
    return f"{link}/{page}/{owner_proof(runtime.settings.secret_key, nonce, address)}"
