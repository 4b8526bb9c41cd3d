"""Calls that staff owe: one agent for one person, three tries, a message only where it is allowed, and the account of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from booking.states import Contact
from booking.use_cases.change_details import Details, change_details
from booking.use_cases.ringing import RINGING_PERIOD
from core.audit import Actor
from core.errors import NotFound
from people.staff.policy import Role
from people.staff.tables import StaffMember
from reminders.call_decisions import MOST_TRIES, CallOutcome, after_call
from reminders.delivery_decisions import Closed
from reminders.owed_calls import end_call, take_call
from reminders.retry_decisions import Retry
from reminders.tables import DeliveryAttempt, Notification
from tests.support.factories import NOW
from tests.support.pages import Page, check_page
from tests.web.site.conftest import Library
from tests.web.site.test_untold import UNTOLD, book, send

SQLITE = pytest.mark.databases("sqlite")


def page_of(client: FlaskClient, address: str = UNTOLD) -> Page:
    answer = client.get(address)
    assert answer.status_code == 200
    return check_page(answer.text)


def press(client: FlaskClient, page: Page, ending: str, **more: str) -> int:
    form = page.form_to(ending)
    return client.post(form.action, data=form.values() | more).status_code


def calls(library: Library) -> dict[str, tuple[str, str, int]]:
    """Status, reason and tries of each call, by its kind."""
    with library.database.reading() as db:
        rows = db.scalars(select(Notification).where(Notification.channel == "call"))
        return {row.kind: (row.status, row.reason, row.tries) for row in rows}


def take(library: Library, reference: str, staff_id: int) -> bool:
    """Whether somebody has them to ring now."""
    key = (library.runtime, library.world.authority_id, reference, staff_id)
    return take_call(*key, actor=Actor.system(), site_ids=None)


def end(library: Library, reference: str, staff_id: int, outcome: CallOutcome = CallOutcome.REACHED) -> bool:
    """Whether somebody could write how their call has ended: that they have told them, if nothing else is said."""
    key = (library.runtime, library.world.authority_id, reference, staff_id)
    return end_call(*key, outcome, actor=Actor.system(), site_ids=None)


def change_phone(library: Library, reference: str, phone: str) -> None:
    """Somebody corrects the number of this appointment."""
    details = Details(contact=Contact("", phone, "", leave_no_message=False))
    change_details(library.runtime, library.world.authority_id, reference, details, actor=Actor.system())


@SQLITE
def test_whom_one_rings_no_other_one_does_and_who_was_told_is_off_the_list(library: Library) -> None:
    reference = book(library).reference
    agent, manager = library.sign_in(Role.TRIAGE_AGENT), library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    seen = page_of(manager)
    assert press(agent, page_of(agent), f"{reference}/ring") == 303
    assert "Triage agent is ringing them" in page_of(manager).text
    assert press(manager, seen, f"{reference}/ring") == 409
    ringing = page_of(agent, f"{UNTOLD}/{reference}")
    assert "07700 900123" in ringing.text
    assert press(agent, ringing, f"{reference}/outcome", outcome="reached") == 303
    assert "Mary Nobody" not in page_of(manager).text
    assert calls(library)["confirmation"] == ("sent", "told_by_staff", 1)
    assert calls(library)["reminder_2h"] == ("pending", "", 0)
    with library.database.reading() as db:
        assert [(one.outcome, one.worker[:6]) for one in db.scalars(select(DeliveryAttempt))] == [("sent", "staff:")]


@SQLITE
def test_who_does_not_answer_comes_back_later_and_three_times_at_most(library: Library) -> None:
    reference = book(library).reference
    roles = (Role.TRIAGE_AGENT, Role.SITE_MANAGER, Role.SITE_STAFF, Role.AUTHORITY_ADMIN)
    agent = library.sign_in(roles[0])
    for number in range(1, MOST_TRIES + 1):
        assert press(agent, page_of(agent), f"{reference}/ring") == 303
        ringing = page_of(agent, f"{UNTOLD}/{reference}")
        assert press(agent, ringing, f"{reference}/outcome", outcome="no_answer") == 303
        listed = page_of(agent)
        assert ("Mary Nobody" in listed.text) == (number == MOST_TRIES)
        assert ("1 person who did not answer comes back" in listed.text) == (number < MOST_TRIES)
        library.clock.advance(timedelta(hours=3, minutes=1))
        agent = library.sign_in(roles[number], library.world.site_id)
    assert calls(library)["confirmation"] == ("failed", "no_answer", MOST_TRIES)
    assert press(agent, page_of(agent), f"/{reference}") == 303  # told in another way
    assert "Mary Nobody" not in page_of(agent).text


@SQLITE
@pytest.mark.parametrize("may_leave", [True, False])
def test_a_message_is_left_only_where_that_is_allowed(library: Library, *, may_leave: bool) -> None:
    reference = book(library, leave_no_message=not may_leave).reference
    agent = library.sign_in(Role.TRIAGE_AGENT)
    press(agent, page_of(agent), f"{reference}/ring")
    ringing = page_of(agent, f"{UNTOLD}/{reference}")
    assert ("I left a message" in ringing.text) == may_leave
    assert ("with a message for" in ringing.text) == may_leave
    assert ("do not say who you are" in ringing.text) != may_leave
    answer = press(agent, ringing, f"{reference}/outcome", outcome="message_left")
    assert (answer == 303) == may_leave
    assert calls(library)["confirmation"] == (("sent", "message_left", 1) if may_leave else ("pending", "", 0))


@SQLITE
@pytest.mark.parametrize("wishes", [{}, {"uses_neutral_name": True}], ids=["service may be named", "no service"])
def test_what_somebody_else_may_hear_never_says_what_it_is_about(library: Library, wishes: dict[str, bool]) -> None:
    reference = book(library, **wishes).reference
    agent = library.sign_in(Role.TRIAGE_AGENT)
    press(agent, page_of(agent), f"{reference}/ring")
    ringing = page_of(agent, f"{UNTOLD}/{reference}")
    to_leave = "This is Testshire Council, with a message for Mary Nobody. Please ring us on 01632 960000."
    assert to_leave in ringing.text
    assert ("Do not name the service. Call it “Appointment”." in ringing.text) == bool(wishes)


@SQLITE
def test_a_wrong_number_ends_the_call_and_a_call_of_nobody_can_not_be_ended(library: Library) -> None:
    booked = book(library)
    agent = library.sign_in(Role.TRIAGE_AGENT)
    press(agent, page_of(agent), f"{booked.reference}/ring")
    ringing = page_of(agent, f"{UNTOLD}/{booked.reference}")
    assert press(agent, ringing, f"{booked.reference}/outcome", outcome="sing") == 404
    assert press(agent, ringing, f"{booked.reference}/outcome", outcome="wrong_number") == 303
    assert calls(library)["confirmation"] == ("failed", "wrong_number", 1)
    elsewhere = library.sign_in(Role.SITE_STAFF, library.other_site_id)
    fields = page_of(elsewhere).form_to("/sign-out").values()
    assert elsewhere.post(f"{UNTOLD}/{booked.reference}/ring", data=fields).status_code == 404


@SQLITE
def test_nobody_answered_pressed_more_often_is_one_try(library: Library) -> None:
    reference = book(library).reference
    agent = library.sign_in(Role.TRIAGE_AGENT)
    press(agent, page_of(agent), f"{reference}/ring")
    ringing = page_of(agent, f"{UNTOLD}/{reference}")
    assert [press(agent, ringing, f"{reference}/outcome", outcome="no_answer") for _press in range(3)] == [303] * 3
    assert calls(library)["confirmation"] == ("pending", "", 1)
    assert press(agent, ringing, f"{reference}/outcome", outcome="reached") == 409


def test_an_outcome_needs_a_call_that_is_due_and_that_they_had_to_make(library: Library) -> None:
    reference = book(library).reference
    library.sign_in(Role.TRIAGE_AGENT)
    library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    with library.database.reading() as db:
        first, other = db.scalars(select(StaffMember.id).order_by(StaffMember.id)).all()
    assert not end(library, reference, first, CallOutcome.NO_ANSWER)
    assert take(library, reference, first)
    library.clock.advance(RINGING_PERIOD + timedelta(minutes=1))  # a long call; nobody else has rung them
    assert not end(library, reference, other, CallOutcome.NO_ANSWER)
    assert [end(library, reference, first, CallOutcome.NO_ANSWER) for _press in range(3)] == [True, False, False]
    assert calls(library)["confirmation"][2] == 1
    with pytest.raises(NotFound):
        take(library, reference, first)


@SQLITE
def test_another_number_is_rung_as_often_as_the_first(library: Library) -> None:
    reference = book(library).reference
    library.sign_in(Role.TRIAGE_AGENT)
    with library.database.reading() as db:
        staff_id = db.scalars(select(StaffMember.id)).one()
    for number in range(1, MOST_TRIES):
        assert take(library, reference, staff_id)
        assert end(library, reference, staff_id, CallOutcome.NO_ANSWER)
        assert calls(library)["confirmation"][2] == number
        library.clock.advance(timedelta(hours=3, minutes=1))
    change_phone(library, reference, "07700 900456")
    assert calls(library)["confirmation"] == ("pending", "", 0)
    assert take(library, reference, staff_id)


def test_of_several_who_press_at_once_one_has_them(library: Library) -> None:
    """And when the time is up another one may, whose outcome counts then."""
    reference = book(library).reference
    with library.database.writing() as db:
        people = [
            StaffMember(
                authority_id=library.world.authority_id,
                email=f"agent.{number}@example.org",
                name=f"Agent {number}",
                password_hash="x",
                created_at=NOW,
            )
            for number in range(4)
        ]
        db.add_all(people)
        db.flush()
        ids = [person.id for person in people]
    barrier, key = Barrier(len(ids)), (library.runtime, library.world.authority_id, reference)

    def ring(staff_id: int) -> bool:
        barrier.wait()
        return take_call(*key, staff_id, actor=Actor.system(), site_ids=None)

    with ThreadPoolExecutor(len(ids)) as pool:
        taken = list(pool.map(ring, ids))
    assert taken.count(True) == 1
    first, other = ids[taken.index(True)], ids[taken.index(False)]
    assert not end(library, reference, other)
    library.clock.advance(RINGING_PERIOD + timedelta(seconds=1))
    assert take_call(*key, other, actor=Actor.system(), site_ids=None)
    assert not end(library, reference, first)
    assert end(library, reference, other)
    assert calls(library)["confirmation"][0] == "sent"


@given(
    st.sampled_from(list(CallOutcome)),
    st.integers(1, MOST_TRIES),
    st.timedeltas(timedelta(seconds=-5), timedelta(days=60)),
)
def test_who_is_rung_again_is_rung_while_it_is_of_use(outcome: CallOutcome, tries: int, left: timedelta) -> None:
    now: datetime = NOW
    followed = after_call(outcome, tries, now, now + left)
    if outcome is CallOutcome.NO_ANSWER and tries < MOST_TRIES:
        assert isinstance(followed, Retry)
        assert now <= followed.at <= max(now, now + left)
    else:
        assert isinstance(followed, Closed) or outcome is CallOutcome.BACK


def test_a_worker_leaves_calls_alone(library: Library) -> None:
    book(library)
    send(library)
    assert {status for status, _, _ in calls(library).values()} == {"pending"}
