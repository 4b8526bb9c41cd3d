"""Who needs a form that we cannot make (braille, easy read, audio): staff make each message, and no letter goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import NotFound
from people.residents.details import ResidentDetails
from people.staff.tables import StaffMember
from reminders.hand_made.made_queries import to_make, to_make_count, what_it_says
from reminders.hand_made.made_tasks import MadeOutcome, end_task, take_task
from reminders.ledger_queries import Ledger, ledger_lines
from reminders.posting import last_post
from reminders.tables import Notification
from tests.reminders.channels import writer
from tests.reminders.make_bulk_notifications import notifications
from tests.reminders.test_rerouting import Post, post
from tests.support.factories import AGENT, NOW

__all__ = ["post"]
READER = ResidentDetails(
    "Robin Sample", "robin@example.org", "07700 900123", "N12 0AA", address="1 Sample Street", letter_format="braille"
)
IN_WEEKS = NOW + timedelta(days=28, hours=2)


def staff_of(post: Post, email: str) -> int:
    """The id of a new member of staff."""
    with post.database.writing() as db:
        member = StaffMember(authority_id=post.world.authority_id, email=email, name="A", created_at=NOW)
        db.add(member)
        db.flush()
        return member.id


def waiting(post: Post) -> list[Notification]:
    return [row for row in notifications(post.database) if row.status == "pending"]


@pytest.mark.parametrize("form", ["braille", "easy_read", "audio"])
def test_each_message_becomes_a_task_and_no_letter_email_or_text_goes(post: Post, form: str) -> None:
    post.starts = IN_WEEKS
    post.book(replace(READER, letter_format=form, contact_preference="letter"))
    post.send()
    assert {row.channel for row in waiting(post)} == {"by_hand"}
    assert post.email.sent == post.text.sent == []
    reminders = [row for row in waiting(post) if row.kind.startswith("reminder")]
    assert len({row.due_at for row in reminders}) == len(reminders)  # of those that go by one post, one
    assert all(row.due_at < last_post(post.starts, "Europe/London", "england-and-wales")[1] for row in waiting(post))


def test_a_task_has_one_maker_and_says_what_is_to_be_written(post: Post) -> None:
    post.starts = IN_WEEKS
    post.book(READER)
    first, second = (staff_of(post, f"{name}@example.org") for name in ("one", "two"))
    council = post.world.authority_id
    with post.database.reading() as db:
        (task,) = to_make(db, council, NOW, site_ids=None, limit=9)
        assert to_make_count(db, council, NOW, site_ids=[]) == 0
        letter = what_it_says(db, task.notification_id, writer(), NOW)
    assert letter.address_lines == ("Robin Sample", "1 Sample Street", "N12 0AA")
    assert "Robin Sample" in letter.text
    key = (post.runtime, council, task.notification_id)
    assert take_task(*key, first, instead_of=None, actor=AGENT, site_ids=None)
    assert not take_task(*key, second, instead_of=None, actor=AGENT, site_ids=None)
    assert not end_task(*key, second, MadeOutcome.SENT, actor=AGENT, site_ids=None)
    assert take_task(*key, second, instead_of=first, actor=AGENT, site_ids=None)  # a colleague who is away
    assert end_task(*key, second, MadeOutcome.SENT, actor=AGENT, site_ids=None)
    assert post.rows() == {"by_hand": "sent"}
    assert not end_task(*key, second, MadeOutcome.NOT_MADE, actor=AGENT, site_ids=None)
    with pytest.raises(NotFound):
        take_task(*key, first, instead_of=second, actor=AGENT, site_ids=None)
    with post.database.reading() as db:
        lines = ledger_lines(db, Ledger(council, NOW - timedelta(days=1), IN_WEEKS))
    assert sum(line.owed for line in lines) == len(notifications(post.database))
    assert {line.channel for line in lines} == {"by_hand"}


def test_what_cannot_be_made_in_time_is_rung_about(post: Post) -> None:
    post.starts = IN_WEEKS
    post.book(READER)
    staff, council = staff_of(post, "one@example.org"), post.world.authority_id
    with post.database.reading() as db:
        (task,) = to_make(db, council, NOW, site_ids=None, limit=9)
    key = (post.runtime, council, task.notification_id, staff)
    assert take_task(*key, instead_of=None, actor=AGENT, site_ids=None)
    assert end_task(*key, MadeOutcome.NOT_MADE, actor=AGENT, site_ids=None)
    assert post.rows() == {"by_hand": "failed", "call for by_hand": "pending"}


def test_too_late_for_the_post_is_a_call_from_the_start_and_email_in_place_of_letters_is_an_email(post: Post) -> None:
    post.book(READER)  # tomorrow
    assert post.rows() == {"call for by_hand": "pending"}
    post.record(replace(READER, letter_format="email", contact_preference="letter"))
    assert post.rows()["email"] == "pending"
