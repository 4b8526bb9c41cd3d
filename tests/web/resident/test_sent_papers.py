"""Papers that are sent before the visit: kept encrypted, scanned, looked at by staff, and the visit that is freed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from booking.documents.tables import DocumentFile
from booking.tables import Appointment
from booking.use_cases.keep_documents import OF_RESIDENTS
from core.database import Database
from core.flask_context import EXTENSION
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from people.staff.sign_in_sessions import COOKIE
from reminders.site_text_queries import sent_messages
from reminders.tables import Notification, SiteMessage
from tests.booking.documents.test_file_content import picture
from tests.support.callers import add_agent, sign_in
from tests.support.pages import check_page
from tests.support.scanner import EICAR, scanner
from tests.support.town import Town
from tests.web.resident.browser import Visitor, book_one
from web.body_limits import LONGEST_WITH_FILE

pytestmark = pytest.mark.databases("sqlite")
RULES: list[dict[str, Any]] = [
    {"document": "Rent book", "taken": ["original", "upload"]},
    {"document": "Proof of address", "taken": ["upload"], "document_cy": "Prawf o gyfeiriad"},
]


@pytest.fixture
def town_app(app: Flask, town: Town) -> Flask:
    """The whole service, for staff too."""
    assert town
    return app


@pytest.fixture
def folder(town_app: Flask, tmp_path: Path) -> Path:
    """Where files are kept."""
    runtime, kept = town_app.extensions[EXTENSION], tmp_path / "kept"
    settings = replace(runtime.settings, document_key="a key of its own", document_folder=str(kept))
    town_app.extensions[EXTENSION] = replace(runtime, settings=settings)
    return kept


@pytest.fixture
def sender(database: Database, town: Town, visitor: Visitor, folder: Path) -> Visitor:
    """Somebody with an appointment for which papers can be sent, on the page for that."""
    assert folder
    reference = book_one(visitor).replace(" ", "")
    with database.writing() as db:
        where = (Service.authority_id == town.authority_id, Service.slug == "certify")
        db.execute(update(Service).where(*where).values(documents_by_rule=RULES))
        bump_plan(db, town.authority_id)
    visitor.open(f"/appointment/{reference}")
    visitor.follow("Send papers before you come")
    assert visitor.at == f"/appointment/{reference}/send"
    return visitor


def send(
    visitor: Visitor, content: bytes | None = None, paper: str = "Rent book", name: str = "photo.jpg"
) -> TestResponse:
    """The answer to a file that is sent."""
    form = visitor.page.form_to("/files")
    sent = {**form.fields, "paper": paper, "file": (BytesIO(picture() if content is None else content), name)}
    return visitor.client.post(form.action, data=sent)


def files(database: Database) -> list[DocumentFile]:
    """All files that are kept."""
    with database.reading() as db:
        found = list(db.scalars(select(DocumentFile).order_by(DocumentFile.id)))
        db.expunge_all()
        return found


def use_scanner(app: Flask, address: str) -> None:
    """Let files be looked through by this scanner."""
    runtime = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(runtime, settings=replace(runtime.settings, virus_scanner=address))


def staff_of(app: Flask, database: Database, town: Town, now: Any) -> FlaskClient:
    """The browser of site staff."""
    staff = add_agent(database, town.authority_id, now, role="authority_admin")
    client = app.test_client()
    client.set_cookie(COOKIE, sign_in(database, staff, now))
    return client


@pytest.fixture
def staff(town_app: Flask, database: Database, town: Town) -> FlaskClient:
    """Somebody of the council who looks at what was sent."""
    return staff_of(town_app, database, town, town_app.extensions[EXTENSION].clock.now())


def documents_at(visitor: Visitor) -> str:
    """The address of the documents of the visitor's appointment."""
    return f"/staff/sites/high-street/documents/{visitor.at.split('/')[2]}"


def test_a_picture_is_kept_written_anew_and_encrypted(sender: Visitor, database: Database, folder: Path) -> None:
    assert send(sender).status_code == 303
    (file,) = files(database)
    assert (file.document, file.source, file.media_type, file.scan) == (
        "Rent book",
        "resident",
        "image/jpeg",
        "not_scanned",
    )
    (stored,) = [path for path in folder.rglob("*") if path.is_file()]
    assert b"JFIF" not in stored.read_bytes()
    page = sender.open(f"/{sender.at.lstrip('/')}")
    assert "We have not looked at it yet" in page.text


@pytest.mark.parametrize(
    ("content", "paper", "field"),
    [
        (b"", "Rent book", "file"),
        (b"no picture", "Rent book", "file"),
        (None, "", "paper"),
        (None, "Payslips", "paper"),
    ],
)
def test_what_is_no_paper_is_refused_at_its_field(
    sender: Visitor, database: Database, content: bytes | None, paper: str, field: str
) -> None:
    answer = send(sender, content, paper)
    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text
    assert check_page(answer.text).form_to("/files")
    assert files(database) == []


def test_a_file_with_a_virus_is_refused_in_plain_words(
    sender: Visitor, town_app: Flask, database: Database, folder: Path
) -> None:
    with scanner() as address:
        use_scanner(town_app, address)
        answer = send(sender, EICAR)
        assert answer.status_code == 400
        assert "This file has a virus, so we did not keep it" in answer.text
        assert files(database) == []
        assert not folder.exists()
        assert send(sender).status_code == 303
    assert [file.scan for file in files(database)] == ["clean"]


def test_nothing_is_kept_while_the_scanner_is_away(sender: Visitor, town_app: Flask, database: Database) -> None:
    with scanner() as address:
        use_scanner(town_app, address)
    answer = send(sender)
    assert answer.status_code == 400
    assert "We cannot look through files for viruses at the moment" in answer.text
    assert files(database) == []


def test_a_file_that_is_too_large_says_so(sender: Visitor) -> None:
    form = sender.page.form_to("/files")
    sent, told = {**form.fields, "file": (BytesIO(b"x"), "p")}, {"CONTENT_LENGTH": str(LONGEST_WITH_FILE + 1)}
    answer = sender.client.post(form.action, data=sent, environ_overrides=told)
    assert answer.status_code == 413
    assert "10 MB" in answer.text


def test_the_same_form_sent_twice_keeps_one_file_and_one_can_be_taken_back(sender: Visitor, database: Database) -> None:
    assert [send(sender).status_code for _ in range(2)] == [303, 303]
    (file,) = files(database)
    sender.open(sender.at)
    sender.send(f"/files/{file.id}/delete")
    assert files(database) == []


def test_nobody_takes_back_what_was_kept_at_the_counter(sender: Visitor, database: Database) -> None:
    send(sender)
    (file,) = files(database)
    sender.open(sender.at)
    form = sender.page.form_to(f"/files/{file.id}/delete")
    with database.writing() as db:
        db.execute(update(DocumentFile).values(source="counter"))
    assert sender.post(form, {}).status_code == 404
    assert len(files(database)) == 1


def test_a_paper_that_was_sent_is_not_missed(sender: Visitor, database: Database) -> None:
    with database.writing() as db:
        db.execute(update(Appointment).values(paper_answers={"paid": "", "cases": {}, "have": {}}))
    send(sender)
    with database.reading() as db:
        assert set(db.scalars(select(Appointment.paper_answers)).one()["have"]) == {"Rent book"}


def test_without_a_key_for_files_nothing_is_offered(sender: Visitor, town_app: Flask) -> None:
    at = sender.at
    runtime = town_app.extensions[EXTENSION]
    town_app.extensions[EXTENSION] = replace(runtime, settings=replace(runtime.settings, document_key=""))
    sender.open(at)
    assert sender.at == at.removesuffix("/send")
    assert "Send papers before you come" not in sender.page.text


def test_staff_see_and_accept_what_was_sent(sender: Visitor, database: Database, staff: FlaskClient) -> None:
    path = documents_at(sender)
    for paper in ("Rent book", "Proof of address"):
        send(sender, paper=paper)
        sender.open(sender.at)
    assert "not scanned for viruses" in check_page(staff.get(path).text).text
    for file in files(database):
        form = check_page(staff.get(path).text).form_to(f"/files/{file.id}/accept")
        assert staff.post(form.action, data=form.values()).status_code == 303
    assert sender.open(sender.at).text.count("Accepted") == 2


def test_one_file_of_residents_is_looked_at_at_a_time(sender: Visitor, database: Database) -> None:
    with OF_RESIDENTS:
        answer = send(sender)
    assert answer.status_code == 400
    assert "We are busy with other files. Send it again in a minute" in answer.text
    assert files(database) == []


def test_staff_ask_again_with_a_reason_that_the_resident_reads(
    sender: Visitor, database: Database, town: Town, staff: FlaskClient
) -> None:
    send(sender)
    (file,) = files(database)
    path = documents_at(sender)
    page = check_page(staff.get(path).text)
    assert re.search(r"by email to r", page.text)
    form = page.form_to(f"/files/{file.id}/again")
    refused = staff.post(form.action, data=form.values(reason=" "))
    assert refused.status_code == 400
    assert f'href="#reason-{file.id}"' in refused.text
    assert staff.post(form.action, data=form.values(reason="It is too dark.")).status_code == 303
    assert staff.post(form.action, data=form.values(reason="It is too dark.")).status_code == 303
    assert staff.post(form.action, data=form.values(reason="It is not yours.")).status_code == 409
    with database.reading() as db:
        (message,) = db.scalars(select(SiteMessage)).all()
        owed = db.scalars(select(Notification).where(Notification.kind == f"site_message_{message.id}")).all()
        assert message.text == (
            "We cannot use a paper that you sent: It is too dark. Please send it again, or bring it."
        )
        assert len(owed) == 1
        assert sent_messages(db, town.authority_id, None) == []
    text = sender.open(sender.at).text
    assert "Send it again" in text
    assert "It is too dark." in text


def test_what_a_colleague_has_decided_meanwhile_stays(sender: Visitor, database: Database, staff: FlaskClient) -> None:
    send(sender)
    (file,) = files(database)
    page = check_page(staff.get(documents_at(sender)).text)
    accept, again = page.form_to(f"/files/{file.id}/accept"), page.form_to(f"/files/{file.id}/again")
    staff.post(accept.action, data=accept.values())
    assert staff.post(again.action, data=again.values(reason="Too dark")).status_code == 409
    assert [one.review for one in files(database)] == ["accepted"]


def test_whoever_has_all_papers_accepted_reads_that_they_need_not_come(
    sender: Visitor, database: Database, town: Town, staff: FlaskClient
) -> None:
    with database.writing() as db:
        db.execute(update(Service).values(documents=[], done_without_visit=True))
        bump_plan(db, town.authority_id)
    for paper in ("Rent book", "Proof of address"):
        sender.open(sender.at)
        assert send(sender, paper=paper).status_code == 303
    address = documents_at(sender)
    for _ in range(2):
        accept = check_page(staff.get(address).text).form_to("/accept")
        assert staff.post(accept.action, data=accept.fields).status_code == 303
    form = check_page(staff.get(address).text).form_to("/not-needed")
    assert staff.post(form.action, data=form.fields).status_code == 303
    page = sender.open("/" + "/".join(sender.at.split("/")[1:3]))
    assert "Nobody needs to come" in page.text
    assert "We have accepted all your papers, so you do not need to come." in page.text
    assert "The council cancelled it" not in page.text


def test_the_resident_reads_how_far_it_has_come_long_after_the_visit_and_nothing_else_opens(
    sender: Visitor, database: Database, town: Town, town_app: Flask, staff: FlaskClient
) -> None:
    address = "/" + "/".join(sender.at.split("/")[1:3])
    form = check_page(staff.get(documents_at(sender)).text).form_to("/progress")
    sent = {**form.fields, "step": "paper_needed", "paper": "Bank statement"}
    assert staff.post(form.action, data=sent).status_code == 303
    page = sender.open(address)
    assert "How far it has come" in page.text
    assert "Monday 23 November 2026: We need one more paper: Bank statement" in page.text
    with database.writing() as db:
        past = town_app.extensions[EXTENSION].clock.now() - timedelta(days=3)
        db.execute(update(Appointment).values(starts_at=past, ends_at=past + timedelta(minutes=30), state="attended"))
    assert "We need one more paper: Bank statement" in sender.open(address).text
    assert sender.client.get(f"/testshire{address}/send").status_code == 410
    with database.writing() as db:
        db.execute(
            update(Appointment).values(progress=[{"step": "decided", "at": "2026-09-01T10:00:00+00:00", "paper": ""}])
        )
    assert sender.client.get(f"/testshire{address}").status_code == 410
