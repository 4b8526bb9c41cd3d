"""Documents at the counter, by the pages alone; and the page on which anybody checks a certified copy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.tables import Appointment
from booking.use_cases.hand_over import NewOwner, hand_over
from core.audit import Actor
from core.flask_context import EXTENSION
from people.residents.details import ResidentDetails
from people.residents.resident_repository import create_resident
from people.residents.tables import ResidentView
from people.staff.policy import Role
from tests.booking.documents.test_file_content import picture
from tests.support.bad_values import BAD_VALUES, FEW, FOR_DATABASES, as_sent
from tests.support.pages import Form, check_page
from tests.web.site.conftest import SITE, Library
from web.body_limits import LONGEST_WITH_FILE

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def reference(library: Library, tmp_path: Path) -> Iterator[str]:
    """The reference of an appointment at a library that may keep files."""
    runtime = library.runtime
    settings = replace(runtime.settings, document_key="a key of its own", document_folder=str(tmp_path / "kept"))
    library.app.extensions[EXTENSION] = replace(runtime, settings=settings)
    yield library.book()
    library.app.extensions[EXTENSION] = runtime


def form_on(client: FlaskClient, path: str, ending: str) -> Form:
    """The form of the page at `path` whose action ends so."""
    return check_page(client.get(path).text).form_to(ending)


def certify(client: FlaskClient, path: str) -> bytes:
    """Tick a passport, keep a picture of it, certify it; the PDF."""
    form = form_on(client, path, path)
    client.post(form.action, data=form.values(other="Passport"))
    form = form_on(client, path, "/files")
    sent = {**form.fields, "document": "Passport", "file": (BytesIO(picture()), "p.jpg")}
    assert client.post(form.action, data=sent).status_code == 303
    form = form_on(client, path, "/certify")
    assert client.post(form.action, data=form.fields).status_code == 303
    return client.get(check_page(client.get(path).text).link("Save the certified PDF")).data


def test_a_copy_is_certified_checked_by_its_code_refused_with_one_changed_byte_and_revoked(
    library: Library, site_staff: FlaskClient, reference: str
) -> None:
    path = f"{SITE}/documents/{reference}"
    content = certify(site_staff, path)
    code = _code_in(content)
    anybody, address = library.app.test_client(), f"/testshire/certified/{code}"
    page = anybody.get(address).text
    assert "Passport" in page
    assert not re.search("Robin|Sample", page)
    for sent, words in ((content, "It is unchanged"), (content[:-1] + b"\0", "This is not the file")):
        form = form_on(anybody, address, "/files")
        answer = anybody.post(form.action, data={**form.fields, "file": (BytesIO(sent), "copy.pdf")})
        assert words in answer.text.split("data-same")[0]
    form = form_on(site_staff, path, "/revoke")
    site_staff.post(form.action, data=form.fields)
    assert "was revoked" in anybody.get(address).text
    assert anybody.get("/testshire/certified/AAAAA-AAAAA-AAAAA-AAAAA").status_code == 404


def _code_in(content: bytes) -> str:
    """The code of the copy, which no row holds."""
    with pikepdf.open(BytesIO(content)) as pdf:
        link = str(pdf.docinfo["/Subject"])
    return link.rpartition("/")[2]


def test_each_look_is_on_record_and_who_is_of_another_site_sees_nothing(
    library: Library, site_staff: FlaskClient, reference: str
) -> None:
    path = f"{SITE}/documents/{reference}"
    certify(site_staff, path)
    page = check_page(site_staff.get(path).text)
    links = [page.link("Save the certified PDF"), page.link("Open the picture"), path]
    assert site_staff.get(links[1]).headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    with library.database.reading() as db:
        purposes = [view.purpose for view in db.query(ResidentView) if view.resident_id]
    assert {"documents", "document_file"} <= set(purposes)
    colleague = library.sign_in(Role.SITE_STAFF, library.other_site_id)
    assert [colleague.get(link).status_code for link in links] == [404] * 3


def test_a_receipt_is_verified_by_the_back_office_by_its_number(
    library: Library, site_staff: FlaskClient, reference: str
) -> None:
    path = f"{SITE}/documents/{reference}"
    page = check_page(site_staff.get(path).text)
    assert not [form for form in page.forms if form.action.endswith("/receipts")]
    token = page.form_to(path).fields["csrf_token"]
    assert "Nothing was seen" in site_staff.post(f"{path}/receipts", data={"csrf_token": token}).text
    certify(site_staff, path)
    form = form_on(site_staff, path, "/receipts")
    address = site_staff.post(form.action, data=form.fields).location
    assert "original seen" in site_staff.get(address).text
    number = address.rpartition("/")[2]
    agent = library.sign_in(Role.TRIAGE_AGENT)
    assert "1 certified copy" in agent.get(f"/staff/receipts?number={number}").text
    assert "no receipt with this number" in agent.get("/staff/receipts?number=K7PM4QX2").text


@pytest.mark.parametrize(
    ("document", "content", "words"),
    [
        ("Passport", b"", "Choose a file"),
        ("", picture(), "Say which document"),
        ("Passport", b"<html>", "This one is none"),
        ("Passport", b"too large", "The file is too large"),
    ],
    ids=["none", "unnamed", "no picture", "too large"],
)
def test_what_is_wrong_with_a_file_is_said_on_the_page(
    site_staff: FlaskClient, reference: str, document: str, content: bytes, words: str
) -> None:
    path = f"{SITE}/documents/{reference}"
    form = form_on(site_staff, path, "/files")
    sent, told = {**form.fields, "document": document, "file": (BytesIO(content), "p")}, {}
    if content == b"too large":
        told["CONTENT_LENGTH"] = str(LONGEST_WITH_FILE + 1)
    answer = site_staff.post(form.action, data=sent, environ_overrides=told)
    assert answer.status_code in (400, 413)
    assert words in answer.text
    check_page(answer.text)


def test_what_is_typed_about_a_file_takes_every_bad_value_and_a_deleted_file_is_gone(
    library: Library, site_staff: FlaskClient, reference: str
) -> None:
    path = f"{SITE}/documents/{reference}"
    certify(site_staff, path)
    for ending, name in (("/files", "document"), ("/certify", "on_behalf_of"), ("/certify", "document")):
        form = form_on(site_staff, path, ending)
        for words in (*FEW, *FOR_DATABASES) if name == "on_behalf_of" else FEW:
            sent = {**form.fields, name: as_sent(BAD_VALUES[words])}  # and no file
            assert site_staff.post(form.action, data=sent).status_code in {303, 400, 404, 409}, f"{name}: {words}"
    form = form_on(site_staff, path, "/delete")
    shown = check_page(site_staff.get(path).text).link("Open the picture")
    assert site_staff.post(form.action, data=form.fields).status_code == 303
    assert site_staff.get(shown).status_code == 404


def test_ticks_are_kept_where_another_original_is_refused(
    library: Library, site_staff: FlaskClient, reference: str
) -> None:
    path = f"{SITE}/documents/{reference}"
    form = form_on(site_staff, path, path)
    answer = site_staff.post(form.action, data=form.values(**{"result-0": "missing"}, other="x" * 10_000))
    assert answer.status_code == 400
    assert check_page(answer.text).form_to(path).fields["result-0"] == ["missing"]


def test_an_original_that_is_kept_has_a_record_and_is_an_alarm_after_five_days(
    library: Library, site_staff: FlaskClient, reference: str
) -> None:
    path, home = f"{SITE}/documents/{reference}", "/staff/"
    form = form_on(site_staff, path, path)
    site_staff.post(form.action, data=form.values(other="Passport"))
    form = form_on(site_staff, path, "/originals")
    kept = form.fields | {"original_document": "Passport", "place": "safe, folder 3"}
    assert "Say where the original lies" in site_staff.post(form.action, data=kept | {"place": ""}).text
    for _ in range(2):  # sent twice, taken once
        assert site_staff.post(form.action, data=kept).status_code == 303
    listed = check_page(site_staff.get(f"{SITE}/originals").text).text
    assert listed.count("safe, folder 3") == 1
    assert "kept longer than five days" not in site_staff.get(home, follow_redirects=True).text
    library.clock.advance(timedelta(days=5, minutes=1))
    staff = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    assert "1 original is kept longer than five days" in check_page(staff.get(home, follow_redirects=True).text).text
    assert "overdue" in check_page(staff.get(f"{SITE}/originals").text).text
    form = form_on(staff, path, "/originals/returned")
    for how in ("posted", "collected"):  # the second click changes nothing
        assert staff.post(form.action, data=form.fields | {"how": how}).status_code == 303
    text = check_page(staff.get(path).text).text
    assert "Passport, taken" in text
    assert "posted" in text
    assert "None is kept here." in staff.get(f"{SITE}/originals").text
    assert staff.post(form.action, data=form.fields | {"how": "lost"}).status_code == 404
    for _ in range(2):  # a slip of the hand, pressed twice
        assert staff.post(form.action, data=form.fields | {"how": "still_here"}).status_code == 303
    assert "overdue" in check_page(staff.get(f"{SITE}/originals").text).text
    staff.post(form.action, data=form.fields | {"how": "collected"})
    assert "Given back or posted in the last 24 hours" in staff.get(f"{SITE}/originals").text
    library.clock.advance(timedelta(hours=24, minutes=1))
    staff = library.sign_in(Role.AUTHORITY_ADMIN)
    token = {"csrf_token": form_on(staff, path, "/originals").fields["csrf_token"]}
    assert staff.post(form.action, data=form.fields | {"how": "still_here"} | token).status_code == 303
    assert "None is kept here." in staff.get(f"{SITE}/originals").text


def test_an_original_is_given_back_whosever_the_appointment_is_by_now(
    library: Library, site_staff: FlaskClient, reference: str
) -> None:
    form = form_on(site_staff, f"{SITE}/documents/{reference}", "/originals")
    site_staff.post(form.action, data=form.fields | {"original_document": "Passport", "place": "safe"})
    with library.database.writing() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == reference)).one()
        right = create_resident(db, row.authority_id, ResidentDetails("Ann Other"), row.created_at)
    owner = NewOwner(row.resident_id, right, ())
    hand_over(library.runtime, row.authority_id, reference, owner, actor=Actor.system())
    form = form_on(site_staff, f"{SITE}/originals", "/originals/returned")
    assert site_staff.post(form.action, data=form.fields | {"how": "collected"}).status_code == 303
    assert "None is kept here." in site_staff.get(f"{SITE}/originals").text


@pytest.mark.parametrize("field", ["original_document", "place"])
def test_an_error_of_an_original_leads_to_its_field(site_staff: FlaskClient, reference: str, field: str) -> None:
    form = form_on(site_staff, f"{SITE}/documents/{reference}", "/originals")
    sent = form.fields | {"original_document": "Passport", "place": "safe"} | {field: "x" * 1_000}
    answer = site_staff.post(form.action, data=sent)
    assert answer.status_code == 400
    page = check_page(answer.text)
    target = next(href[1:] for _, href in page.links if href.startswith("#") and href != "#main-content")
    assert target in page.form_to("/originals").ids[field]
