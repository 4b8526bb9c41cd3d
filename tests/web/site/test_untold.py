"""Those whom no message has reached stand on a list until somebody has told them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, text

from booking.use_cases.book import Booked
from booking.use_cases.cancel import cancel
from booking.use_cases.reschedule import Move, reschedule
from core.audit import AuditEntry
from people.residents.details import ResidentDetails
from people.staff.policy import Role
from reminders.tables import Notification
from reminders.untold import untold
from tests.reminders.channels import RecordingChannel, worker_for
from tests.support.factories import make_appointment, slot_key_at
from tests.support.pages import check_page, read_page
from tests.web.site.conftest import NINE, STAFF, Library

UNTOLD = "/staff/untold"
WHEN = NINE + timedelta(days=1, hours=1)
TO_TELL = "Confirmation"


def book(library: Library, **wishes: object) -> Booked:
    """Booked for tomorrow at ten by staff, and the messages that are due are sent."""
    person = ResidentDetails("Mary Nobody", phone="07700 900123", **wishes)  # type: ignore[arg-type]
    booked = make_appointment(library.runtime, library.world, WHEN, resident=person, actor=STAFF, channel="counter")
    send(library)
    return booked


def send(library: Library) -> None:
    worker_for(library.runtime, RecordingChannel()).send_due()


def page_text(client: FlaskClient) -> str:
    return check_page(client.get(UNTOLD).text).text


def press(client: FlaskClient, reference: str) -> str:
    """Press "I have told them", and read the list that follows."""
    fields = read_page(client.get(UNTOLD).text).form_to(f"/{reference}").fields
    return check_page(client.post(f"{UNTOLD}/{reference}", data=fields, follow_redirects=True).text).text


def test_who_has_no_address_is_listed_until_somebody_has_told_them(library: Library, site_staff: FlaskClient) -> None:
    booked = book(library)
    told = page_text(site_staff)
    assert "Mary Nobody" in told
    assert TO_TELL in told
    assert "07700 900123" in told
    assert "before" in told
    assert "They are not on this list any more" in press(site_staff, booked.reference)
    assert "Mary Nobody" not in page_text(site_staff)
    with library.database.reading() as db:
        entries = db.scalars(select(AuditEntry).where(AuditEntry.action == "resident_told")).all()
        assert [(entry.subject_id, entry.actor_name) for entry in entries] == [(booked.appointment_id, "Site staff")]


@pytest.mark.parametrize(
    ("wishes", "is_listed"),
    [
        ({}, True),
        ({"contact_preference": "letter", "email": "mary@example.org"}, True),
        ({"contact_preference": "none", "email": "mary@example.org"}, False),
        ({"email": "mary@example.org"}, False),
        ({"leave_no_message": True, "do_not_text": True}, True),
    ],
)
def test_who_is_listed_and_with_which_wishes(
    library: Library, site_staff: FlaskClient, wishes: dict[str, object], *, is_listed: bool
) -> None:
    book(library, **wishes)
    text = page_text(site_staff)
    assert ("Mary Nobody" in text) == is_listed
    if "leave_no_message" in wishes:
        assert "leave no message" in text


def test_a_message_that_a_server_refused_for_good_is_listed(library: Library, site_staff: FlaskClient) -> None:
    book(library, email="mary@example.org")
    with library.database.writing() as db:
        db.execute(
            text("UPDATE notifications SET status = 'failed', reason = 'invalid_address' WHERE kind = 'confirmation'")
        )
    assert "Mary Nobody" in page_text(site_staff)


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ({"email": ("failed", "invalid_address"), "call": ("failed", "wrong_number")}, "wrong_number"),
        ({"call": ("failed", "no_answer")}, "no_answer"),
        ({"call": ("withheld", "other_channel"), "email": ("failed", "invalid_address")}, "invalid_address"),
        ({"email": ("failed", "invalid_address"), "call": ("withheld", "other_channel")}, "invalid_address"),
        ({"email": ("failed", "invalid_address"), "call": ("pending", "")}, ""),
        ({"email": ("failed", "invalid_address"), "text": ("sent", "")}, None),
        ({"text": ("in_doubt", ""), "email": ("failed", "invalid_address")}, None),
        ({"letter": ("overdue", ""), "call": ("failed", "wrong_number")}, "wrong_number"),
        ({"email": ("failed", "invalid_address"), "call": ("told", "wrong_number")}, None),
    ],
)
def test_the_last_channel_that_failed_is_listed_whatever_it_is(
    library: Library, messages: dict[str, tuple[str, str]], reason: str | None
) -> None:
    booked, now = book(library), library.clock.now()
    with library.database.writing() as db:
        (known,) = db.scalars(select(Notification).where(Notification.kind == "confirmation"))
        same = ("authority_id", "appointment_id", "version", "kind", "due_at", "useful_until", "created_at")
        values = {name: getattr(known, name) for name in same}
        db.execute(delete(Notification))
        for number, (channel, (status, why)) in enumerate(messages.items()):
            at = now + timedelta(seconds=number)
            states = {"overdue": {"status": "sent", "overdue_at": at}, "told": {"status": "failed", "told_at": at}}
            row = states.get(status, {"status": status}) | {"channel": channel, "reason": why}
            db.add(Notification(**values, **row, next_try_at=now, closed_at=None if status == "pending" else at))
    with library.database.reading() as db:
        found = untold(db, library.world.authority_id, now, site_ids=None, limit=9)
    assert [(one.appointment_id, one.reason) for one in found] == (
        [] if reason is None else [(booked.appointment_id, reason)]
    )


def test_whom_somebody_has_told_is_named_with_a_way_to_them(library: Library, site_staff: FlaskClient) -> None:
    booked = book(library)
    form = check_page(site_staff.get(UNTOLD).text).form_to(f"/{booked.reference}")
    answer = site_staff.post(form.action, data=form.values(), follow_redirects=True)
    page = check_page(answer.text)
    assert "You have told Mary Nobody." in page.text
    assert page.link("Was it somebody else? See Mary Nobody").startswith("/staff/calls/residents/")
    assert "You have told" not in site_staff.get(f"{UNTOLD}?told=nobody").text


def test_what_does_not_hold_any_more_is_told_to_nobody(library: Library, site_staff: FlaskClient) -> None:
    """After a move the new time is to be told, after a cancellation that alone, and after its time nothing."""
    booked = book(library)
    whose = (library.world.authority_id, booked.reference)
    key = slot_key_at(library.world, WHEN + timedelta(hours=1))
    reschedule(library.runtime, *whose, Move(slot_key=key), actor=STAFF, enforce_cutoff=False)
    send(library)
    assert "New time" in page_text(site_staff)
    assert TO_TELL not in page_text(site_staff)
    cancel(library.runtime, *whose, actor=STAFF, by="authority", reason="No adviser", enforce_cutoff=False)
    send(library)
    assert "Cancellation" in page_text(site_staff)
    assert "New time" not in page_text(site_staff)
    library.clock.advance(timedelta(days=3))
    later = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    assert "Everybody was reached" in page_text(later)


def test_a_later_message_that_reaches_nobody_is_listed_again(library: Library, site_staff: FlaskClient) -> None:
    booked = book(library)
    press(site_staff, booked.reference)
    whose = (library.world.authority_id, booked.reference)
    key = slot_key_at(library.world, WHEN + timedelta(hours=1))
    reschedule(library.runtime, *whose, Move(slot_key=key), actor=STAFF, enforce_cutoff=False)
    send(library)
    assert "New time" in page_text(site_staff)


def test_everybody_sees_what_is_theirs(library: Library) -> None:
    booked = book(library)
    elsewhere = library.sign_in(Role.SITE_STAFF, library.other_site_id)
    agent = library.sign_in(Role.TRIAGE_AGENT)
    adviser = library.sign_in(Role.ADVISER, library.world.site_id)
    assert "Mary Nobody" not in page_text(elsewhere)
    fields = read_page(agent.get(UNTOLD).text).form_to(f"/{booked.reference}").fields
    token = read_page(elsewhere.get("/staff/").text).form_to("/sign-out").fields
    assert elsewhere.post(f"{UNTOLD}/{booked.reference}", data=fields | token).status_code == 404
    assert adviser.get(UNTOLD).status_code == 404
    assert "Mary Nobody" in page_text(agent)
    for client in (elsewhere, agent):
        assert check_page(client.get("/staff/").text).link("Could not be sent: ring or write") == UNTOLD


def test_a_press_that_comes_twice_is_written_once(library: Library, site_staff: FlaskClient) -> None:
    booked = book(library)
    fields = read_page(site_staff.get(UNTOLD).text).form_to(f"/{booked.reference}").fields
    for _ in range(2):
        assert site_staff.post(f"{UNTOLD}/{booked.reference}", data=fields).status_code == 303
    with library.database.reading() as db:
        assert len(db.scalars(select(AuditEntry).where(AuditEntry.action == "resident_told")).all()) == 1


def test_the_list_is_read_by_its_index(library: Library) -> None:
    """Whatever the history holds, only what is still to be told is looked at."""
    book(library)
    asked = (
        "SELECT id FROM notifications WHERE status IN ('withheld', 'failed') AND told_at IS NULL "
        f"AND authority_id = {library.world.authority_id} AND useful_until > '2026-11-23 09:00:00' "
        "ORDER BY useful_until LIMIT 9"
    )
    with library.database.writing() as db:
        if library.database.is_sqlite:
            plan = " ".join(str(row) for row in db.execute(text(f"EXPLAIN QUERY PLAN {asked}")))
        else:
            db.execute(text("SET LOCAL enable_seqscan = off"))
            plan = " ".join(str(row) for row in db.execute(text(f"EXPLAIN {asked}")))
        assert "ix_notifications_untold" in plan
        statement = untold(db, library.world.authority_id, library.clock.now(), site_ids=None, limit=1)
        assert len(statement) == 1
        assert db.scalars(select(Notification.told_at)).all().count(None) >= 1
