"""Documents of one visit: seen, kept, certified, revoked, given a receipt for, and gone in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from booking.documents.document_owner import CheckResult, DocumentOwner
from booking.documents.document_queries import copy_by_code, documents_of, receipt_by_number
from booking.documents.file_content import MOST_FILES, clean_file
from booking.documents.file_store import file_store
from booking.documents.tables import DocumentFile
from booking.tables import Appointment
from booking.use_cases.certify_copy import NewCopy, certify_copy, revoke_copy
from booking.use_cases.keep_documents import (
    NewFile,
    check_documents,
    delete_unreferenced_files,
    give_receipt,
    keep_file,
    store_of,
)
from core.audit import Actor, AuditEntry
from core.clock import FixedClock
from core.database import Database
from core.errors import InvalidValue, NotFound
from core.idempotency import IdempotencyKey
from core.personal_data import KEPT_DAYS
from core.runtime import Runtime
from core.settings import Settings
from core.tokens import new_certificate_code
from reminders.privacy.retention import empty_expired
from tests.booking.documents.test_file_content import STAMP, picture
from tests.support.factories import NOW, make_appointment, make_world

STAFF = Actor("staff", None, "Sam Staff")
PASSPORT = "Passport"


@pytest.fixture
def runtime(database: Database, tmp_path: Path) -> Runtime:
    """A service that keeps files in a folder of this test."""
    settings = Settings(
        database.url,
        "for-tests-only",
        document_key="another",
        document_folder=str(tmp_path / "kept"),
        is_test=True,
    )
    return Runtime(settings, database, FixedClock(NOW))


@pytest.fixture
def owner(runtime: Runtime, database: Database) -> DocumentOwner:
    """An appointment of today."""
    world = make_world(database)
    booked = make_appointment(runtime, world, NOW + timedelta(hours=2))
    with database.reading() as db:
        resident_id = db.scalars(select(Appointment.resident_id)).one()
    return DocumentOwner(world.authority_id, world.site_id, booked.appointment_id, resident_id=resident_id)


def kept(runtime: Runtime, owner: DocumentOwner, key: str = "") -> int:
    """The id of a picture of a passport that is kept."""
    idempotency = IdempotencyKey.of("staff:1", key, b"") if key else None
    new = NewFile(PASSPORT, clean_file(picture()))
    return keep_file(runtime, owner, new, actor=STAFF, idempotency=idempotency)


def certified(runtime: Runtime, owner: DocumentOwner) -> tuple[int, str]:
    """The id of a certified copy, and its code."""
    code = new_certificate_code()
    new = NewCopy(kept(runtime, owner), PASSPORT, "Robin Sample", code, f"http://127.0.0.1/{code}", STAMP)
    check_documents(runtime, owner, {PASSPORT: CheckResult.SEEN}, actor=STAFF)
    return certify_copy(runtime, owner, new, actor=STAFF), code


def clock_of(runtime: Runtime) -> FixedClock:
    """The clock of these tests."""
    assert isinstance(runtime.clock, FixedClock)
    return runtime.clock


def found(runtime: Runtime, owner: DocumentOwner) -> Any:
    """All documents of the visit."""
    with runtime.database.reading() as db:
        return documents_of(db, owner)


def test_what_was_found_is_kept_once_and_can_be_taken_back(runtime: Runtime, owner: DocumentOwner) -> None:
    for _again in range(2):
        check_documents(runtime, owner, {PASSPORT: CheckResult.SEEN, "Rent book": CheckResult.MISSING}, actor=STAFF)
    with runtime.database.reading() as db:
        entries = db.scalar(select(func.count()).where(AuditEntry.action == "documents_checked"))
    assert (found(runtime, owner).checks, entries) == ({PASSPORT: "seen", "Rent book": "missing"}, 1)
    check_documents(runtime, owner, {"Rent book": None}, actor=STAFF)
    assert found(runtime, owner).checks == {PASSPORT: "seen"}


def test_a_copy_is_certified_only_of_an_original_that_was_seen(runtime: Runtime, owner: DocumentOwner) -> None:
    new = NewCopy(kept(runtime, owner), PASSPORT, "Robin Sample", "CODE", "http://127.0.0.1/", STAMP)
    with pytest.raises(InvalidValue):
        certify_copy(runtime, owner, new, actor=STAFF)
    assert found(runtime, owner).copies == ()


def test_the_code_of_a_copy_leads_to_its_hash_and_says_when_it_was_revoked(
    runtime: Runtime, owner: DocumentOwner
) -> None:
    copy_id, code = certified(runtime, owner)
    with runtime.database.reading() as db:
        copy = copy_by_code(db, owner.authority_id, code)
        with pytest.raises(NotFound):
            copy_by_code(db, owner.authority_id + 1, code)
    content = store_of(runtime).read(copy.stored_name)
    assert sha256(content).hexdigest() == copy.sha256 != sha256(content[:-1] + b"\0").hexdigest()
    assert copy.revoked_at is None
    revoke_copy(runtime, owner, copy_id, actor=STAFF)
    with runtime.database.reading() as db:
        assert copy_by_code(db, owner.authority_id, code).revoked_at == NOW


def test_documents_of_another_visit_are_unknown(runtime: Runtime, owner: DocumentOwner) -> None:
    copy_id, _code = certified(runtime, owner)
    other = DocumentOwner(owner.authority_id, owner.site_id, (owner.appointment_id or 0) + 1)
    with pytest.raises(NotFound):
        revoke_copy(runtime, other, copy_id, actor=STAFF)
    handed_over = replace(owner, resident_id=(owner.resident_id or 0) + 1)
    for one in (other, handed_over):
        assert found(runtime, one).files == ()


def test_a_form_that_is_sent_twice_keeps_one_file_and_what_no_row_leads_to_is_deleted(
    runtime: Runtime, owner: DocumentOwner
) -> None:
    assert kept(runtime, owner, "a key") == kept(runtime, owner, "a key")
    store = store_of(runtime)
    assert len(list(store.names_before(float("inf")))) == 2
    clock_of(runtime).advance(timedelta(days=36_500))
    assert delete_unreferenced_files(runtime) == 1
    assert store.read(found(runtime, owner).files[0].stored_name)


def test_a_visit_has_a_limited_number_of_files_and_none_where_there_is_no_key(
    runtime: Runtime, owner: DocumentOwner, database: Database
) -> None:
    for _number in range(MOST_FILES):
        kept(runtime, owner)
    with pytest.raises(InvalidValue, match="document_too_many_files"):
        kept(runtime, owner)
    keyless = Runtime(Settings(database.url, "for-tests-only", is_test=True), database, runtime.clock)
    with pytest.raises(InvalidValue, match="no_document_key"):
        kept(keyless, owner)


def test_a_receipt_says_what_was_seen_until_then(runtime: Runtime, owner: DocumentOwner) -> None:
    with pytest.raises(InvalidValue):
        give_receipt(runtime, owner, actor=STAFF)
    copy_id, _code = certified(runtime, owner)
    number = give_receipt(runtime, owner, actor=STAFF)
    check_documents(runtime, owner, {"Rent book": CheckResult.SEEN}, actor=STAFF)
    with runtime.database.reading() as db:
        receipt = receipt_by_number(db, owner.authority_id, f"{number[:4]} {number[4:]}".lower())
        with pytest.raises(NotFound):
            receipt_by_number(db, owner.authority_id + 1, number)
    assert receipt.items == ({"document": PASSPORT, "result": "seen", "files": 1, "copies": 1, "revoked": 0},)
    clock_of(runtime).advance(timedelta(days=1))
    revoke_copy(runtime, owner, copy_id, actor=STAFF)  # whoever checks the receipt reads what is true today
    with runtime.database.reading() as db:
        (item,) = receipt_by_number(db, owner.authority_id, number).items
    assert (item["copies"], item["revoked"]) == (0, 1)


def test_files_are_deleted_when_their_time_is_over_and_a_copy_can_still_be_checked(
    runtime: Runtime, owner: DocumentOwner
) -> None:
    _copy_id, code = certified(runtime, owner)
    clock_of(runtime).advance(timedelta(days=KEPT_DAYS["document"] + 1))
    empty_expired(runtime)
    with runtime.database.reading() as db:
        assert db.scalars(select(DocumentFile.stored_name)).all() == [""]
        copy = copy_by_code(db, owner.authority_id, code)
    store = file_store(runtime.settings)
    assert store is not None
    assert list(store.names_before(float("inf"))) == []
    assert (copy.document, copy.stored_name, len(copy.sha256)) == (PASSPORT, "", 64)
