"""Receipts go to the back office in batches, each once, as a file whose every byte can be checked."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from booking.documents.tables import CertifiedCopy, DocumentBatch, DocumentReceipt
from booking.use_cases.deliver_batches import deliver_batches
from booking.use_cases.hand_over_receipts import hand_over_receipts
from core.errors import Stale
from core.flask_context import EXTENSION
from locations.tables import Authority
from people.residents.details import ResidentDetails
from people.residents.tables import ResidentView
from people.staff.policy import Role
from tests.support.bad_values import BAD_VALUES, as_sent
from tests.support.factories import make_authority
from tests.support.pages import check_page
from tests.web.site.conftest import SITE, STAFF, Library
from tests.web.site.test_documents import certify, form_on

pytestmark = pytest.mark.databases("sqlite")
BATCHES = f"{SITE}/batches"


@pytest.fixture
def reference(library: Library, tmp_path: Path) -> Iterator[str]:
    """The reference of an appointment at a library that may keep files; whose it is looks like a formula."""
    runtime = library.runtime
    settings = replace(runtime.settings, document_key="a key of its own", document_folder=str(tmp_path / "kept"))
    library.app.extensions[EXTENSION] = replace(runtime, settings=settings)
    yield library.book(resident=ResidentDetails("=Robin Sample"))
    library.app.extensions[EXTENSION] = runtime


def receipt(client: FlaskClient, reference: str) -> None:
    """Give a receipt for all that was seen."""
    form = form_on(client, f"{SITE}/documents/{reference}", "/receipts")
    assert client.post(form.action, data=form.fields).status_code == 303


def seen(client: FlaskClient, reference: str, document: str = "Rent book") -> None:
    path = f"{SITE}/documents/{reference}"
    form = form_on(client, path, path)
    assert client.post(form.action, data=form.values(other=document)).status_code == 303


def hand_over(client: FlaskClient) -> None:
    form = form_on(client, BATCHES, "/batches")
    assert client.post(form.action, data=form.fields).status_code == 303


def archive(client: FlaskClient) -> zipfile.ZipFile:
    """The file of the newest batch."""
    links = [href for words, href in check_page(client.get(BATCHES).text).links if words.startswith("Batch ")]
    answer = client.get(links[0])
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    return zipfile.ZipFile(io.BytesIO(answer.data))


def count(library: Library) -> int:
    with library.database.reading() as db:
        return len(db.scalars(select(DocumentBatch)).all())


@pytest.mark.databases("sqlite", "postgresql")
def test_receipts_of_the_day_are_handed_over_once_with_their_copies(
    library: Library, site_staff: FlaskClient, reference: str
) -> None:
    assert "No receipt waits to be handed over." in site_staff.get(BATCHES).text
    content = certify(site_staff, f"{SITE}/documents/{reference}")
    receipt(site_staff, reference)
    assert check_page(site_staff.get(f"{SITE}/documents/{reference}").text).link("Hand receipts over") == BATCHES
    page = check_page(site_staff.get(BATCHES).text)
    assert "=Robin Sample" in page.text
    hand_over(site_staff)
    assert "No receipt waits to be handed over." in site_staff.get(BATCHES).text
    found = archive(site_staff)
    manifest = json.loads(found.read("manifest.json"))
    (copy,) = manifest["copies"]
    assert found.read(copy["file"]) == content
    assert (copy["sha256"], copy["document"]) == (sha256(content).hexdigest(), "Passport")
    assert [one["visit"] for one in manifest["receipts"]] == [reference]
    sums = dict(line.split("  ")[::-1] for line in found.read("SHA256SUMS").decode().splitlines())
    assert set(sums) == set(found.namelist()) - {"SHA256SUMS"}
    assert all(sha256(found.read(name)).hexdigest() == value for name, value in sums.items())
    rows = list(csv.reader(io.StringIO(found.read("receipts.csv").decode("utf-8-sig"))))
    assert rows[1][2] == "'=Robin Sample"
    assert rows[1][4:] == ["Passport", "seen", "1"]
    with library.database.reading() as db:
        views = db.scalars(select(ResidentView.purpose)).all()
    assert {"batches", "document_batch"} <= set(views)


def test_what_is_shown_later_is_of_the_next_batch_and_nothing_twice(
    library: Library, site_staff: FlaskClient, reference: str
) -> None:
    certify(site_staff, f"{SITE}/documents/{reference}")
    receipt(site_staff, reference)
    hand_over(site_staff)
    seen(site_staff, reference)
    library.clock.advance(timedelta(minutes=5))
    receipt(site_staff, reference)
    hand_over(site_staff)
    manifest = json.loads(archive(site_staff).read("manifest.json"))
    assert len(manifest["receipts"]) == 1
    assert manifest["copies"] == []  # it is of the batch before
    assert count(library) == 2


def test_what_a_colleague_has_handed_over_is_said_and_nothing_is_handed_over(
    library: Library, site_staff: FlaskClient, reference: str
) -> None:
    seen(site_staff, reference)
    receipt(site_staff, reference)
    stale = form_on(site_staff, BATCHES, "/batches")
    other = library.book(30)
    seen(site_staff, other)
    receipt(site_staff, other)
    hand_over(site_staff)
    answer = site_staff.post(stale.action, data=stale.fields)
    assert answer.status_code == 409
    assert (
        "One of these receipts was handed over meanwhile. Nothing was handed over now" in check_page(answer.text).text
    )
    assert count(library) == 1
    answer = site_staff.post(stale.action, data=stale.fields | {"receipt": []})
    assert answer.status_code == 400
    assert "Choose at least one receipt" in check_page(answer.text).text


def test_a_copy_that_was_revoked_since_says_so_and_one_whose_file_is_gone(
    library: Library, site_staff: FlaskClient, reference: str
) -> None:
    path = f"{SITE}/documents/{reference}"
    certify(site_staff, path)
    receipt(site_staff, reference)
    hand_over(site_staff)
    form = form_on(site_staff, path, "/revoke")
    site_staff.post(form.action, data=form.fields)
    with library.database.writing() as db:
        db.scalars(select(CertifiedCopy)).one().stored_name = ""
    (copy,) = json.loads(archive(site_staff).read("manifest.json"))["copies"]
    assert copy["revoked_at"]
    assert copy["file"] is None
    assert len(copy["sha256"]) == 64


def test_nobody_elsewhere_sees_or_hands_over_any(library: Library, site_staff: FlaskClient, reference: str) -> None:
    seen(site_staff, reference)
    receipt(site_staff, reference)
    form = form_on(site_staff, BATCHES, "/batches")
    other = library.sign_in(Role.SITE_STAFF, library.other_site_id)
    theirs = {"csrf_token": check_page(other.get("/staff/").text).forms[0].fields["csrf_token"]}
    assert other.get(BATCHES).status_code == 404
    assert "Robin" not in other.get("/staff/sites/mill-lane/batches").text
    assert other.post(form.action, data=form.fields | theirs).status_code == 404
    elsewhere = form.action.replace("high-street", "mill-lane")
    assert other.post(elsewhere, data=form.fields | theirs).status_code == 409
    council = make_authority(library.database, "elsewhere")
    with library.database.reading() as db:
        ids = list(db.scalars(select(DocumentReceipt.id)))
    with pytest.raises(Stale):
        hand_over_receipts(library.runtime, council, library.world.site_id, ids, actor=STAFF)
    assert count(library) == 0
    hand_over(site_staff)
    number = next(h for w, h in check_page(site_staff.get(BATCHES).text).links if w.startswith("Batch ")).split("/")[-1]
    assert other.get(f"{BATCHES}/{number}").status_code == 404
    assert other.get(f"/staff/sites/mill-lane/batches/{number}").status_code == 404


def test_no_value_breaks_it(library: Library, site_staff: FlaskClient, reference: str) -> None:
    seen(site_staff, reference)
    receipt(site_staff, reference)
    for words, value in BAD_VALUES.items():
        form = form_on(site_staff, BATCHES, "/batches")
        answer = site_staff.post(form.action, data=form.fields | {"receipt": as_sent(value)})
        assert answer.status_code in (303, 400, 409), words
        assert site_staff.get(f"{BATCHES}/%00").status_code == 404
    assert count(library) == 0


@pytest.fixture
def folder(library: Library, reference: str, tmp_path: Path) -> Path:
    """The folder of the council, into which batches go; it is not made yet."""
    del reference
    runtime = library.app.extensions[EXTENSION]
    settings = replace(runtime.settings, handover_folder=str(tmp_path / "handover"))
    library.app.extensions[EXTENSION] = replace(runtime, settings=settings)
    with library.database.writing() as db:
        db.execute(update(Authority).values(receipts_go_by="folder", plan_version=Authority.plan_version + 1))
    return tmp_path / "handover" / "testshire"


@pytest.mark.databases("sqlite", "postgresql")
def test_staff_see_which_way_a_batch_went_when_and_whether_it_arrived(
    library: Library, site_staff: FlaskClient, reference: str, folder: Path
) -> None:
    seen(site_staff, reference)
    receipt(site_staff, reference)
    hand_over(site_staff)
    runtime = library.app.extensions[EXTENSION]
    assert "By the folder: On its way" in check_page(site_staff.get(BATCHES).text).text
    deliver_batches(runtime)
    text = check_page(site_staff.get(BATCHES).text).text
    assert "Not arrived The council’s folder is not there. Tell whoever runs the service. Next try: " in text
    home = check_page(site_staff.get("/staff/").text)
    assert home.link("High Street Library: 1 batch of receipts has not arrived at the back office") == BATCHES
    elsewhere = library.sign_in(Role.SITE_STAFF, library.other_site_id)
    assert "batch of receipts" not in elsewhere.get("/staff/").text
    folder.mkdir(parents=True)
    library.clock.advance(timedelta(minutes=2))
    deliver_batches(runtime)
    text = check_page(site_staff.get(BATCHES).text).text
    assert "By the folder: Arrived" in text
    assert "Pass batch" not in text
    assert "batch of receipts" not in site_staff.get("/staff/").text
    assert len(archive(site_staff).namelist()) == 3  # it can still be saved


def test_staff_pass_on_a_batch_that_does_not_arrive(
    library: Library, site_staff: FlaskClient, reference: str, folder: Path
) -> None:
    seen(site_staff, reference)
    receipt(site_staff, reference)
    hand_over(site_staff)
    runtime = library.app.extensions[EXTENSION]
    deliver_batches(runtime)
    form = form_on(site_staff, BATCHES, "/by-file")
    other = library.sign_in(Role.SITE_STAFF, library.other_site_id)
    theirs = {"csrf_token": check_page(other.get("/staff/").text).forms[0].fields["csrf_token"]}
    assert other.post(form.action, data=form.fields | theirs).status_code == 404
    assert site_staff.post(form.action.replace("/by-file", "0/by-file"), data=form.fields).status_code == 404
    assert site_staff.post(form.action, data=form.fields).status_code == 303
    assert "Not arrived" not in check_page(site_staff.get(BATCHES).text).text
    folder.mkdir(parents=True)
    library.clock.advance(timedelta(hours=2))
    deliver_batches(runtime)
    assert list(folder.iterdir()) == []


def test_who_passes_on_what_has_arrived_meanwhile_reads_that(
    library: Library, site_staff: FlaskClient, reference: str, folder: Path
) -> None:
    seen(site_staff, reference)
    receipt(site_staff, reference)
    hand_over(site_staff)
    runtime = library.app.extensions[EXTENSION]
    deliver_batches(runtime)
    form = form_on(site_staff, BATCHES, "/by-file")
    folder.mkdir(parents=True)
    library.clock.advance(timedelta(minutes=2))
    deliver_batches(runtime)
    answer = site_staff.post(form.action, data=form.fields)
    assert answer.status_code == 409
    assert "This batch has arrived meanwhile" in check_page(answer.text).text
