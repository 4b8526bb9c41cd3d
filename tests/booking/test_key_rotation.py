"""SECRET_KEY is changed: links that were sent live on while the old key is kept, and die when the links are rotated."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskCliRunner

from booking.queries.link_tokens import by_manage_token, by_short_token
from booking.use_cases.rotate_links import rotate_links
from core.database import Database
from core.errors import NotFound
from core.runtime import Runtime
from core.tokens import short_token, working_manage_token
from reminders.appointment_queries import message_facts
from tests.support.factories import NOW, make_appointment, make_runtime, make_world

OLD, NEW = "the first key, long enough for a test", "the second key, long enough for a test"


def token_in_message(runtime: Runtime, appointment_id: int) -> str:
    """The token of the link that a message sent now has."""
    with runtime.database.reading() as db:
        facts = message_facts(db, [appointment_id])[appointment_id]
    return working_manage_token(runtime.settings.secret_keys, facts.manage_nonce, facts.manage_digest)


def opens(runtime: Runtime, token: str) -> bool:
    try:
        with runtime.database.reading() as db:
            by_manage_token(db, token)
    except NotFound:
        return False
    return True


def short_in_message(runtime: Runtime, appointment_id: int) -> str:
    """The token of the short link that a text or letter sent now has."""
    with runtime.database.reading() as db:
        facts = message_facts(db, [appointment_id])[appointment_id]
    return short_token(runtime.settings.secret_key, appointment_id, facts.manage_nonce)


def opens_short(runtime: Runtime, token: str) -> bool:
    try:
        with runtime.database.reading() as db:
            by_short_token(db, runtime.settings.secret_keys, token)
    except NotFound:
        return False
    return True


def with_keys(runtime: Runtime, key: str, *old: str) -> Runtime:
    return replace(runtime, settings=replace(runtime.settings, secret_key=key, old_secret_keys=old))


@pytest.fixture
def before(database: Database) -> Runtime:
    return make_runtime(database, secret_key=OLD)


def test_while_the_old_key_is_kept_all_links_live(database: Database, before: Runtime) -> None:
    world = make_world(database, desks=2)
    booked = make_appointment(before, world, NOW + timedelta(hours=2))
    sent = token_in_message(before, booked.appointment_id)
    after = with_keys(before, NEW, OLD)
    assert opens(after, sent)
    assert token_in_message(after, booked.appointment_id) == sent
    later = make_appointment(after, world, NOW + timedelta(hours=3))
    assert opens(after, token_in_message(after, later.appointment_id))
    assert token_in_message(with_keys(before, NEW), later.appointment_id) == token_in_message(
        after, later.appointment_id
    )


def test_after_rotation_links_that_were_sent_die_and_new_ones_work(database: Database, before: Runtime) -> None:
    booked = make_appointment(before, make_world(database), NOW + timedelta(hours=2))
    sent, after = token_in_message(before, booked.appointment_id), with_keys(before, NEW)
    assert rotate_links(after) == 1
    assert not opens(after, sent)
    assert opens(after, token_in_message(after, booked.appointment_id))
    assert rotate_links(after) == 0


def test_short_links_die_too_even_where_the_old_key_is_listed_still(database: Database, before: Runtime) -> None:
    booked = make_appointment(before, make_world(database), NOW + timedelta(hours=2))
    sent, after = short_in_message(before, booked.appointment_id), with_keys(before, NEW, OLD)
    between = short_in_message(after, booked.appointment_id)
    assert opens_short(after, sent)
    assert rotate_links(after) == 1
    assert not opens_short(after, sent)
    assert not opens_short(after, between)
    assert opens_short(after, short_in_message(after, booked.appointment_id))
    assert opens(after, token_in_message(after, booked.appointment_id))


def test_the_command_says_how_many(runner: FlaskCliRunner, database: Database, before: Runtime) -> None:
    make_appointment(before, make_world(database), NOW + timedelta(hours=2))
    assert "1 link made anew" in runner.invoke(args=["privacy", "rotate-links"]).output
    assert "0 links made anew" in runner.invoke(args=["privacy", "rotate-links"]).output
