"""What is said before a change of who will be told is what the outbox writes and the worker then does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.events import PlanningFacts, What
from locations.message_channels import CHANNEL_PLACES, EVERY_MESSAGE, MESSAGE_CHANNELS
from locations.own_words import languages_for
from reminders.contacts import Contacts, OwnContact, Person
from reminders.costs.kinds_off import SWITCHABLE, KindOff
from reminders.delivery_decisions import ClaimedRow, Closed, EarlierTries, Held, MessageFacts, decide_delivery
from reminders.due_times import NOTICES, Owed, PlanningInput, owed_after
from reminders.expected import Expected, expected_after, with_either_plan
from reminders.outbox import rows_for
from reminders.pauses import MessagePause, PauseScope
from reminders.posting import way_of
from reminders.reasons import QUIET_HOURS
from reminders.recipients import (
    BOOKED,
    CALL,
    CANCELLED,
    CANCELLED_STATES,
    EMAIL,
    REMINDER,
    TEXT,
    ChannelRules,
    Withheld,
    deliveries_for,
)
from reminders.same_message_queries import UNREACHED
from tests.reminders.test_messages import FACTS

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MAIL, PHONE, POSTAL = st.sampled_from(["", "a@example.org"]), st.sampled_from(["", "07700 900111"]), "1 Road\nN1 1AA"
PEOPLE = st.builds(Person, st.just("Robin"), MAIL, PHONE, st.sampled_from(["", POSTAL]))
HELPERS = st.none() | st.builds(Person, st.just("Mary"), MAIL, PHONE)
PREFERENCES = st.sampled_from(["email", "text", "letter", "none"])
OWN = st.builds(OwnContact, st.none() | MAIL, st.none() | PHONE, st.none() | PREFERENCES)
CONTACTS = st.builds(
    Contacts,
    resident=PEOPLE,
    representative=HELPERS,
    preference=PREFERENCES,
    do_not_text=st.booleans(),
    own=OWN,
    language=st.sampled_from(["", "en", "cy"]),
    mode=st.sampled_from(["in_person", "video"]),
    safe_hours=st.sampled_from(["", "10:00-12:00", "22:00-23:00"]),
)
ORDERS = st.lists(st.sampled_from(MESSAGE_CHANNELS), min_size=1, max_size=4, unique=True).map(
    lambda order: ({"message": EVERY_MESSAGE, **dict(zip(CHANNEL_PLACES, order, strict=False))},)
)
RULES = st.builds(
    ChannelRules, st.sampled_from([frozenset({"email", "call"}), frozenset(MESSAGE_CHANNELS)]), st.just(()) | ORDERS
)
CLOCKS = st.sampled_from([time(8), time(21), time(0), time(10, 30)])
COUNCILS = st.builds(
    lambda languages, first, starts, ends: replace(
        FACTS.authority, languages=languages, first_language=first, quiet_from=starts, quiet_until=ends
    ),
    st.sampled_from([("en",), ("en", "cy")]),
    st.sampled_from(["en", "cy"]),
    CLOCKS,
    CLOCKS,
)
PLAN = (
    {"kind": "reminder_7d", "days_before": 7, "at": "09:00"},
    {"kind": "reminder_1d", "days_before": 1, "at": "17:00"},
    {"kind": "reminder_2h", "minutes_before": 120},
)


@given(
    CONTACTS,
    RULES,
    COUNCILS,
    st.sampled_from([what for what in get_args(What) if what in NOTICES]),
    st.integers(0, 95).map(lambda quarters: NOON + timedelta(minutes=15 * quarters)),
    st.sampled_from([timedelta(hours=1), timedelta(hours=11), timedelta(days=3), timedelta(days=20)]),
    st.sampled_from(["", *SWITCHABLE]),
)
@settings(max_examples=400)
def test_what_is_expected_is_what_is_owed_and_sent(
    contacts: Contacts, rules: ChannelRules, council: Any, what: What, now: datetime, ahead: timedelta, kind_off: str
) -> None:
    """Over contacts, preferences, the council's channels, hours of rest, languages and a kind that is switched off."""
    off = tuple(KindOff(kind, now + ahead / 2, "Ada Admin", now) for kind in (kind_off,) if kind)
    starts_at = now + ahead
    rules = replace(rules, orders=council.message_channels or rules.orders)
    stored = tuple(one.stored() for one in off)
    council = replace(council, message_channels=tuple(rules.orders), kinds_off=stored)
    state = min(CANCELLED_STATES) if NOTICES[what] == CANCELLED else BOOKED
    facts = PlanningFacts(1, 1, 1, state, starts_at, False, council.zone, PLAN)
    planning = PlanningInput(facts, contacts, rules, (council.zone, council.quiet_from, council.quiet_until), off)
    message = replace(FACTS, state=state, starts_at=starts_at, ends_at=starts_at, contacts=contacts, authority=council)
    message = replace(message, mode=contacts.mode)
    rows = rows_for(planning, owed_after(facts, what, now), now)
    said = expected_after(planning, what, council, now)
    assert [one.kind for one in said] == [row["kind"] for row in rows]
    for one, row in zip(said, rows, strict=True):
        assert outcome_said(one) == outcome_of(row, planning, message), row


@pytest.mark.parametrize(("other", "reminders"), [(PLAN[:1], 3), (PLAN[2:], 3), ((), 0)])
def test_no_day_of_a_reminder_is_promised_while_two_plans_are_tried(other: Any, reminders: int) -> None:
    council = FACTS.authority
    quiet = (council.zone, council.quiet_from, council.quiet_until)

    def owed(plan: Any) -> Any:
        facts = PlanningFacts(1, 1, 1, BOOKED, NOON + timedelta(days=20), False, council.zone, plan)
        planning = PlanningInput(facts, replace(FACTS.contacts, mode=""), ChannelRules(), quiet)
        return expected_after(planning, "booked", council, NOON)

    found = with_either_plan(owed(PLAN), owed(other))
    assert [one.is_undated for one in found] == [False] + [True] * reminders


def outcome_said(one: Expected) -> tuple[object, ...]:
    if one.delivery and one.channel == CALL:
        return ("rung", one.delivery)
    if one.delivery:
        return ("sent", one.delivery, one.at, one.languages)
    return ("nobody", one.code, one.is_to_ring)


def outcome_of(row: dict[str, Any], planning: PlanningInput, facts: MessageFacts) -> tuple[object, ...]:
    """What becomes of a row of the outbox while every channel works, as the worker decides."""
    at, failed = row["next_try_at"], frozenset(filter(None, row["instead_of"].split(",")))
    channel, until, due_at = row["channel"], row["useful_until"], row["due_at"]
    while row["status"] == "pending":
        if channel == CALL:
            found = deliveries_for(planning.contacts, row["kind"], planning.rules, failed)
            assert not isinstance(found, Withheld)
            return ("rung", found[0])
        claimed = ClaimedRow(1, 1, 1, 1, row["kind"], channel, until, 1, due_at, ",".join(sorted(failed)))
        decided = decide_delivery(claimed, facts, EarlierTries(), planning.rules, at)
        if isinstance(decided, Held):
            at = decided.until
        elif isinstance(decided, Closed) and decided.reason == QUIET_HOURS:
            failed |= {channel}
            owed = Owed(row["kind"], due_at, until)
            way = way_of(owed, planning.contacts, planning.rules, planning.facts, at, failed)
            if isinstance(way, Withheld):
                return ("nobody", QUIET_HOURS, False)
            channel, until, at = way.channel, way.message.useful_until, max(at, way.message.due_at)
            failed = way.failed
        elif isinstance(decided, Closed):
            return ("nobody", decided.reason, decided.reason in UNREACHED)
        else:
            return ("sent", decided.delivery, at, languages_for(facts.authority, decided.delivery.language))
    return ("nobody", row["reason"], False)


def test_what_can_be_taken_back_is_told_after_that() -> None:
    """A move or a cancellation by staff; a booking is told at once."""
    facts = PlanningFacts(1, 1, 1, BOOKED, NOON + timedelta(days=3), False, "Europe/London", PLAN)
    contacts = Contacts(Person("Robin", "a@example.org"))
    planning = PlanningInput(facts, contacts, ChannelRules(), ("Europe/London", time(21), time(8)))
    wait = timedelta(minutes=1)
    for what, later in (("rescheduled", wait), ("cancelled", wait), ("booked", timedelta())):
        first = expected_after(planning, what, FACTS.authority, NOON, wait=wait)[0]  # type: ignore[arg-type]
        assert (first.at, first.is_at_once) == (NOON + later, not later)


@given(
    CONTACTS, RULES, COUNCILS, st.sampled_from(PauseScope), st.sampled_from([CANCELLED, EMAIL, TEXT, CALL, REMINDER])
)
def test_what_is_held_back_is_what_the_pause_holds(
    contacts: Contacts, rules: ChannelRules, council: Any, scope: PauseScope, subject: str
) -> None:
    facts = PlanningFacts(council.id, 1, 1, BOOKED, NOON + timedelta(days=3), False, council.zone, PLAN)
    planning = PlanningInput(facts, contacts, rules, (council.zone, council.quiet_from, council.quiet_until))
    pause = MessagePause(1, council.id, scope, subject, NOON, NOON + timedelta(days=1), "Mary Manager", "")
    for one in expected_after(planning, "rescheduled", council, NOON, pauses=[pause]):
        is_held = pause.holds(council.id, one.kind, one.channel) and one.at < NOON + timedelta(days=1)
        assert bool(one.paused_by) == (is_held and one.delivery is not None)
