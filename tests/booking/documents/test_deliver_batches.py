"""Batches of receipts reach the folder of the back office whole and once, whatever stops the service meanwhile."""

from __future__ import annotations

import errno
import json
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select, update

from booking.documents import batch_folder
from booking.documents.batch_delivery import LEASE, BatchFailure, DeliveryRefused, wait_after
from booking.documents.batch_folder import CouncilFolder, council_folder
from booking.documents.batch_queries import are_batches_delivered
from booking.documents.document_owner import CheckResult, DocumentOwner
from booking.documents.file_store import FileStore
from booking.documents.tables import CertifiedCopy, DocumentBatch, DocumentReceipt
from booking.use_cases import deliver_batches as use_case
from booking.use_cases.batch_contents import contents_of_batch
from booking.use_cases.deliver_batches import deliver_batches
from booking.use_cases.hand_over_receipts import hand_over_receipts
from booking.use_cases.keep_documents import check_documents, give_receipt
from booking.use_cases.pass_on_batch import pass_on_as_file
from core.audit import AuditEntry
from core.errors import NotFound, Reason, Stale
from core.flask_context import EXTENSION
from core.runtime import Runtime
from locations.tables import Authority
from tests.booking.documents.test_keep_documents import (  # noqa: F401 - fixtures of these tests too
    PASSPORT,
    STAFF,
    certified,
    clock_of,
    owner,
    runtime,
)
from tests.support.factories import make_authority
from wsgi import create_app


@pytest.fixture
def service(runtime: Runtime, owner: DocumentOwner, tmp_path: Path) -> Runtime:  # noqa: F811
    """A service with a folder for the back office; the council has chosen it, and the operator has made its own in it."""
    (tmp_path / "handover" / "testshire").mkdir(parents=True)
    with runtime.database.writing() as db:
        db.execute(update(Authority).values(receipts_go_by="folder"))
    return replace(runtime, settings=replace(runtime.settings, handover_folder=str(tmp_path / "handover")))


@pytest.fixture
def place(service: Runtime) -> Path:
    """The folder of the council."""
    return Path(service.settings.handover_folder) / "testshire"


def handed_over(service: Runtime, whose: DocumentOwner) -> str:
    """The number of a batch with one receipt for a passport."""
    check_documents(service, whose, {PASSPORT: CheckResult.SEEN}, actor=STAFF)
    give_receipt(service, whose, actor=STAFF)
    with service.database.reading() as db:
        ids = db.scalars(select(DocumentReceipt.id).where(DocumentReceipt.batch_id.is_(None))).all()
    return hand_over_receipts(service, whose.authority_id, whose.site_id, ids, actor=STAFF)


def row_of(service: Runtime, number: str) -> DocumentBatch:
    with service.database.reading() as db:
        return db.scalars(select(DocumentBatch).where(DocumentBatch.number == number)).one()


def arrivals(service: Runtime) -> int:
    with service.database.reading() as db:
        return db.scalar(select(func.count()).where(AuditEntry.action == "batch_arrived")) or 0


def visible(place: Path) -> list[str]:
    """What the back office sees."""
    return sorted(one.name for one in place.iterdir() if not one.name.startswith("."))


def test_a_batch_arrives_whole_with_its_check_sums_and_once(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
) -> None:
    certified(service, owner)
    number = handed_over(service, owner)
    assert visible(place) == []
    assert deliver_batches(service) == {"arrived": 1}
    (name,) = visible(place)
    assert name == f"high-street-{number}"
    files = {str(one.relative_to(place / name)): one for one in (place / name).rglob("*") if one.is_file()}
    sums = dict(line.split("  ")[::-1] for line in files.pop("SHA256SUMS").read_text().splitlines())
    assert sums == {name: sha256(one.read_bytes()).hexdigest() for name, one in files.items()}
    manifest = json.loads(files["manifest.json"].read_text())
    (copy,) = manifest["copies"]
    assert (manifest["batch"], copy["sha256"]) == (number, sums[copy["file"]])
    assert not list(place.glob(".*"))
    assert row_of(service, number).arrived_at == clock_of(service).now()
    shutil.rmtree(place / name)  # the back office has taken it
    clock_of(service).advance(timedelta(hours=3))
    assert deliver_batches(service) == {}
    assert visible(place) == []
    assert arrivals(service) == 1


def test_a_council_that_saves_files_has_nothing_in_a_folder(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
) -> None:
    with service.database.writing() as db:
        db.execute(update(Authority).values(receipts_go_by="file"))
    number = handed_over(service, owner)
    with service.database.writing() as db:  # a batch keeps the way that it began with
        db.execute(update(Authority).values(receipts_go_by="folder"))
    assert deliver_batches(service) == {}
    assert (row_of(service, number).way, visible(place), are_batches_delivered(service)) == ("file", [], True)


def test_without_its_folder_nothing_is_lost_it_is_an_alarm_and_tried_again(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
) -> None:
    number = handed_over(service, owner)
    place.rmdir()  # the disk is not mounted
    assert deliver_batches(service) == {"failed": 1}
    assert row_of(service, number).failure == BatchFailure.NO_FOLDER
    assert not place.exists()  # or else batches lie on the wrong disk
    assert not are_batches_delivered(service)
    assert deliver_batches(service) == {}  # not before its time
    place.mkdir()
    clock_of(service).advance(wait_after(1))
    assert deliver_batches(service) == {"arrived": 1}
    assert visible(place) == [f"high-street-{number}"]
    assert are_batches_delivered(service)


def test_where_no_folder_is_set_it_says_so(service: Runtime, owner: DocumentOwner) -> None:  # noqa: F811
    number = handed_over(service, owner)
    without = replace(service, settings=replace(service.settings, handover_folder=""))
    assert deliver_batches(without) == {"failed": 1}
    assert row_of(service, number).failure == BatchFailure.NO_FOLDER


def test_nobody_has_tried_for_a_quarter_of_an_hour_is_an_alarm(service: Runtime, owner: DocumentOwner) -> None:  # noqa: F811
    handed_over(service, owner)
    assert are_batches_delivered(service)
    clock_of(service).advance(timedelta(minutes=15))
    assert not are_batches_delivered(service)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The kernel refuses to let a file grow beyond it, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_nothing_to_be_seen_and_the_next_try_starts_anew(tmp_path: Path) -> None:
    folder, files = CouncilFolder(tmp_path), {"a": b"first", "copies/b.pdf": b"x" * 200_000}
    with files_of_at_most(100_000), pytest.raises(DeliveryRefused) as refused:
        folder.write("high-street-1", 1, files)
    assert refused.value.failure is BatchFailure.FULL
    assert visible(tmp_path) == []
    hidden = folder.write("high-street-1", 2, files)
    assert (visible(tmp_path), [one.name for one in tmp_path.iterdir()]) == ([], [hidden])
    assert folder.show(hidden, "high-street-1")
    assert folder.show(hidden, "high-street-1")  # whoever comes after sees it there
    assert (tmp_path / "high-street-1" / "copies" / "b.pdf").read_bytes() == files["copies/b.pdf"]


def test_nothing_is_written_over(service: Runtime, owner: DocumentOwner, place: Path) -> None:  # noqa: F811
    number = handed_over(service, owner)
    (place / f"high-street-{number}").mkdir()
    (place / f"high-street-{number}" / "theirs").write_text("of somebody else")
    assert deliver_batches(service) == {"failed": 1}
    assert row_of(service, number).failure == BatchFailure.EXISTS
    assert (place / f"high-street-{number}" / "theirs").read_text() == "of somebody else"


def test_a_copy_that_should_be_there_and_cannot_be_read_holds_the_batch(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
) -> None:
    certified(service, owner)
    number = handed_over(service, owner)
    other_key = replace(service, settings=replace(service.settings, document_key=""))
    assert deliver_batches(other_key) == {"failed": 1}
    assert (row_of(service, number).failure, list(place.iterdir())) == (BatchFailure.UNREADABLE, [])
    with service.database.writing() as db:  # its time is over: it is kept no more, and the manifest says so
        db.execute(update(CertifiedCopy).values(stored_name=""))
    clock_of(service).advance(wait_after(1))
    assert deliver_batches(service) == {"arrived": 1}


class Crash(BaseException):
    """The process ends."""


@contextmanager
def crash_after(name: str) -> Iterator[None]:
    """Let the process end right after this step of the folder, which is done."""
    step: Callable[..., object] = getattr(CouncilFolder, name)

    def done_and_gone(*values: object, **named: object) -> None:
        step(*values, **named)
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CouncilFolder, name, done_and_gone)
        yield


@contextmanager
def crash_before(name: str) -> Iterator[None]:
    """Let the process end right before this step of the folder."""

    def gone(*_values: object) -> None:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CouncilFolder, name, gone)
        yield


@pytest.mark.parametrize("step", ["write", "show"])
def test_a_crash_at_either_step_loses_nothing_and_doubles_nothing(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
    step: str,
) -> None:
    number = handed_over(service, owner)
    with crash_after(step), pytest.raises(Crash):
        deliver_batches(service)
    assert row_of(service, number).arrived_at is None
    assert deliver_batches(service) == {}  # it may be alive still
    clock_of(service).advance(timedelta(minutes=15))
    assert deliver_batches(service) == {"arrived": 1}
    assert [one.name for one in place.iterdir()] == [f"high-street-{number}"]
    assert (row_of(service, number).failure, arrivals(service)) == ("", 1)


def test_what_was_taken_before_we_knew_that_it_had_arrived_is_not_put_there_again(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
) -> None:
    number = handed_over(service, owner)
    with crash_after("show"), pytest.raises(Crash):
        deliver_batches(service)
    shutil.rmtree(place / f"high-street-{number}")  # the back office was quick
    clock_of(service).advance(timedelta(minutes=15))
    deliver_batches(service)
    row = row_of(service, number)
    assert (list(place.iterdir()), row.failure, row.next_try_at) == ([], BatchFailure.IN_DOUBT, None)
    assert are_batches_delivered(service)


def test_a_disk_that_went_away_between_the_steps_is_not_taken_for_an_arrival(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
) -> None:
    number = handed_over(service, owner)
    with crash_after("write"), pytest.raises(Crash):
        deliver_batches(service)
    with service.database.writing() as db:  # it had kept that all is written
        (hidden,) = [one.name for one in place.iterdir()]
        db.execute(update(DocumentBatch).values(written_as=hidden))
    away = place.rename(place.with_name("unmounted"))
    clock_of(service).advance(timedelta(minutes=15))
    assert deliver_batches(service) == {"failed": 1}
    away.rename(place)
    clock_of(service).advance(wait_after(2))
    assert deliver_batches(service) == {"arrived": 1}
    assert visible(place) == [f"high-street-{number}"]


def test_eight_at_once_hand_over_each_batch_once(service: Runtime, owner: DocumentOwner, place: Path) -> None:  # noqa: F811
    numbers = {handed_over(service, owner) for _one in range(3)}
    counts: list[int] = []
    threads = [Thread(target=lambda: counts.append(deliver_batches(service)["arrived"])) for _one in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(counts), sum(counts), arrivals(service)) == (8, 3, 3)
    assert [one.name for one in sorted(place.iterdir())] == sorted(f"high-street-{number}" for number in numbers)


def test_who_was_too_slow_leaves_it_to_the_other(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
) -> None:
    number = handed_over(service, owner)
    write = CouncilFolder.write
    taken: list[bool] = []

    def slow(*values: object) -> str:
        hidden = write(*values)  # type: ignore[arg-type]
        if not taken:
            taken.append(True)
            clock_of(service).advance(timedelta(minutes=15))
            assert deliver_batches(service) == {"arrived": 1}
        return hidden

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CouncilFolder, "write", slow)
        assert deliver_batches(service)["arrived"] == 0
    assert [one.name for one in place.iterdir()] == [f"high-street-{number}"]
    row = row_of(service, number)
    assert (row.failure, row.next_try_at, arrivals(service)) == ("", None, 1)


def test_staff_pass_on_what_has_not_arrived_and_nothing_else(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
) -> None:
    number = handed_over(service, owner)
    where = (service, owner.authority_id, owner.site_id, number)
    with pytest.raises(Stale):
        pass_on_as_file(*where, actor=STAFF)  # it is on its way
    place.rmdir()
    deliver_batches(service)
    with pytest.raises(NotFound):
        pass_on_as_file(service, make_authority(service.database, "elsewhere"), owner.site_id, number, actor=STAFF)
    for _again in range(2):
        pass_on_as_file(*where, actor=STAFF)
    place.mkdir()
    clock_of(service).advance(timedelta(hours=2))
    assert (deliver_batches(service), list(place.iterdir()), are_batches_delivered(service)) == ({}, [], True)
    second = handed_over(service, owner)
    deliver_batches(service)
    with pytest.raises(Stale):
        pass_on_as_file(service, owner.authority_id, owner.site_id, second, actor=STAFF)


def test_staff_pass_on_what_something_of_the_same_name_keeps_out(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
) -> None:
    certified(service, owner)
    number = handed_over(service, owner)
    (place / f"high-street-{number}").mkdir()
    (place / f"high-street-{number}" / "theirs").write_text("of somebody else")
    deliver_batches(service)
    pass_on_as_file(service, owner.authority_id, owner.site_id, number, actor=STAFF)
    assert [one.name for one in place.iterdir()] == [f"high-street-{number}"]  # and nothing hidden with papers in it
    assert are_batches_delivered(service)
    assert row_of(service, number).way == "file"


def test_while_nobody_can_say_whether_it_is_there_nobody_passes_it_on(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
) -> None:
    number = handed_over(service, owner)
    (place / f"high-street-{number}").mkdir()
    (place / f"high-street-{number}" / "theirs").write_text("of somebody else")
    deliver_batches(service)
    away = place.rename(place.with_name("unmounted"))
    with pytest.raises(Stale) as refused:
        pass_on_as_file(service, owner.authority_id, owner.site_id, number, actor=STAFF)
    assert refused.value.reason == Reason("batch_may_be_there")
    away.rename(place)
    pass_on_as_file(service, owner.authority_id, owner.site_id, number, actor=STAFF)


def test_nobody_passes_on_what_is_being_tried(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
) -> None:
    number = handed_over(service, owner)
    place.rmdir()
    deliver_batches(service)
    place.mkdir()
    clock_of(service).advance(wait_after(1))
    with crash_after("write"), pytest.raises(Crash):
        deliver_batches(service)
    with pytest.raises(Stale) as refused:
        pass_on_as_file(service, owner.authority_id, owner.site_id, number, actor=STAFF)
    assert refused.value.reason == Reason("batch_is_tried")
    clock_of(service).advance(LEASE)
    pass_on_as_file(service, owner.authority_id, owner.site_id, number, actor=STAFF)
    assert deliver_batches(service) == {}
    assert list(place.iterdir()) == []  # what the crash has left is gone as well


@pytest.mark.databases("sqlite")
def test_a_failed_try_leaves_no_paper_behind(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certified(service, owner)
    number = handed_over(service, owner)
    write, written = batch_folder._write, list[Path]()

    def full_at_the_second(path: Path, content: bytes) -> None:
        written.append(path)
        if len(written) > 1:
            raise OSError(errno.ENOSPC, "full")
        write(path, content)

    monkeypatch.setattr(batch_folder, "_write", full_at_the_second)
    assert deliver_batches(service) == {"failed": 1}
    assert row_of(service, number).failure == BatchFailure.FULL
    assert list(place.iterdir()) == []


@pytest.mark.databases("sqlite")
def test_who_was_overtaken_removes_its_own_folder_alone(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first process stalls, the second one writes, keeps that it is whole, and ends; then the first goes on."""
    number = handed_over(service, owner)
    read, stalled = contents_of_batch, list[bool]()

    def stall(*values: Any, **named: Any) -> dict[str, bytes]:
        files = read(*values, **named)
        if not stalled:
            stalled.append(True)
            clock_of(service).advance(LEASE)
            with crash_before("show"), pytest.raises(Crash):
                deliver_batches(service)
        return files

    monkeypatch.setattr(use_case, "contents_of_batch", stall)
    assert deliver_batches(service) == {"failed": 1}
    (left,) = place.iterdir()
    assert left.name == row_of(service, number).written_as
    clock_of(service).advance(LEASE)
    assert deliver_batches(service) == {"arrived": 1}
    assert [one.name for one in place.iterdir()] == [f"high-street-{number}"]
    assert row_of(service, number).failure == ""


@pytest.mark.databases("sqlite")
def test_what_goes_wrong_with_one_batch_is_no_others(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certified(service, owner)
    first = handed_over(service, owner)
    second = handed_over(service, owner)
    with monkeypatch.context() as patch:
        patch.setattr(FileStore, "read", lambda *_values: (_ for _ in ()).throw(PermissionError(13, "restored")))
        assert deliver_batches(service) == {"failed": 1, "arrived": 1}
    assert row_of(service, first).failure == BatchFailure.UNREADABLE
    assert visible(place) == [f"high-street-{second}"]
    with monkeypatch.context() as patch:
        patch.setattr(use_case, "contents_of_batch", lambda *_values, **_named: (_ for _ in ()).throw(ValueError))
        clock_of(service).advance(wait_after(1))
        assert deliver_batches(service) == {"failed": 1}
    assert row_of(service, first).failure == BatchFailure.BROKEN


def test_waits_grow_to_an_hour() -> None:
    assert [wait_after(tries) / timedelta(minutes=1) for tries in (0, 1, 2, 3, 7, 5000)] == [1, 1, 2, 4, 60, 60]


@pytest.mark.databases("sqlite")
def test_the_command_says_what_has_arrived_and_ends_badly_when_something_has_not(
    service: Runtime,
    owner: DocumentOwner,  # noqa: F811
    place: Path,
) -> None:
    app = create_app(service.settings, database=service.database, clock=service.clock)
    assert app.extensions[EXTENSION].settings == service.settings
    runner = FlaskCliRunner(app)
    handed_over(service, owner)
    assert runner.invoke(args=["receipts", "deliver"]).output.strip() == "arrived 1, told 0, failed 0"
    handed_over(service, owner)
    shutil.rmtree(place)
    answer = runner.invoke(args=["receipts", "deliver"])
    assert (answer.exit_code, answer.output.splitlines()[0]) == (1, "arrived 0, told 0, failed 1")


def test_relative_folders_begin_at_the_service() -> None:
    assert council_folder("instance/handover", "testshire").path.is_absolute()
