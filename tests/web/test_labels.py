"""Every code of every vocabulary has a label, and no label is for a code that does not exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from flask import Flask

from booking.arrangements import DECIDED, ArrangementState
from booking.availability.bookings_that_fit import MisfitReason
from booking.proposals.wish_rules import PassedOver, WishState
from booking.queries.starts_of_week import NoneFree
from booking.rebooking import SCARCE_NEEDS, ProposalState, RebookState
from booking.slot_tokens import MODE_CODES
from booking.states import BY_COUNCIL, BY_RESIDENT, State
from booking.use_cases.closures import BY_CLOSURE
from booking.visits.visit_states import VisitState
from core.personal_data import KEPT_DAYS
from locations.model import MODES
from locations.triage.tree import URGENT
from people.residents.details import BASES, CONTACT_PREFERENCES, CONTACT_WISHES, NEEDS, place_needs
from people.residents.search import MatchReason
from people.staff.key_changes import OVERLAPS
from people.staff.policy import Action, Role, Scope
from planner.waiting_page import PASSED_OVER, PROPOSAL_STATES, WISH_STATES
from reminders import reasons
from reminders.confirming.confirm_rules import Kept, Spared
from reminders.delivery_decisions import FAILED, IN_DOUBT, LATE, PENDING, SENT, VOID, WITHHELD
from reminders.reach import Reach
from reminders.recipients import CANCELLED, FAMILIES, RESCHEDULED, SEVERAL_BOOKINGS
from web import confirmation_lines, labels, message_labels
from web.action_labels import ACTIONS
from web.agent.match_labels import MATCH_REASONS
from web.first_contact_lines import URGENT_MEANINGS
from web.site.arrangement_rows import ARRANGEMENT_ACTIONS, ARRANGEMENTS
from web.site.outcome_words import ROW_ACTIONS
from web.site.waiting_room_page import STEP_LABELS, VISIT_STATES

VOCABULARIES: dict[str, tuple[Mapping[Any, object], Iterable[str]]] = {
    "STATES": (labels.STATES, State),
    "STATES_IN_SENTENCE": (labels.STATES_IN_SENTENCE, State),
    "STATES_COUNTED": (labels.STATES_COUNTED, State),
    "ROW_ACTIONS": (labels.ROW_ACTIONS, ROW_ACTIONS),
    "VISIT_STATES": (VISIT_STATES, VisitState),
    "STEP_LABELS": (STEP_LABELS, VisitState),
    "NEEDS": (labels.NEEDS, NEEDS),
    "NEED_HINTS": (labels.NEED_HINTS, NEEDS),
    "NEEDS_NOT_MET": (labels.NEEDS_NOT_MET, place_needs(frozenset(NEEDS))),
    "NONE_FREE": (labels.NONE_FREE, NoneFree),
    "MODES": (labels.MODES, MODES),
    "MODES_IN_SENTENCE": (labels.MODES_IN_SENTENCE, MODES),
    "NEXT_IN_MODE": (labels.NEXT_IN_MODE, MODES),
    "BASES": (labels.BASES, BASES),
    "BASES_IN_SENTENCE": (labels.BASES_IN_SENTENCE, BASES),
    "CONTACT_PREFERENCES": (labels.CONTACT_PREFERENCES, CONTACT_PREFERENCES),
    "CONTACT_WISHES": (labels.CONTACT_WISHES, CONTACT_WISHES),
    "CONTACT_WISHES_IN_SENTENCE": (labels.CONTACT_WISHES_IN_SENTENCE, CONTACT_WISHES),
    "DATA_CLASSES": (labels.DATA_CLASSES, KEPT_DAYS),
    "ROLES": (labels.ROLES, Role),
    "ACTIONS": (ACTIONS, Action),
    "SCOPES": (labels.SCOPES, Scope),
    "KEY_OVERLAPS": (labels.KEY_OVERLAPS, OVERLAPS),
    "MATCH_REASONS": (MATCH_REASONS, MatchReason),
    "REBOOK_REASONS": (labels.REBOOK_REASONS, (BY_CLOSURE, *MisfitReason)),
    "REBOOK_STATES": (labels.REBOOK_STATES, RebookState),
    "ARRANGEMENTS": (ARRANGEMENTS, ArrangementState),
    "ARRANGEMENT_ACTIONS": (ARRANGEMENT_ACTIONS, DECIDED),
    "WISH_STATES": (WISH_STATES, WishState),
    "PROPOSAL_STATES": (PROPOSAL_STATES, ProposalState),
    "PASSED_OVER": (PASSED_OVER, PassedOver),
    "MOVED_BY": (labels.MOVED_BY, (BY_RESIDENT, BY_COUNCIL)),
    "SCARCE_NEEDS_IN_SENTENCE": (labels.SCARCE_NEEDS_IN_SENTENCE, SCARCE_NEEDS),
    "REACHES": (message_labels.REACHES, Reach),
    "URGENT_MEANINGS": (URGENT_MEANINGS, URGENT),
    "CALL_RESULTS": (labels.CALL_RESULTS, ("booked", "moved", "cancelled", "handed_over")),
}


@pytest.mark.parametrize("name", VOCABULARIES)
def test_every_code_has_a_label(name: str) -> None:
    table, codes = VOCABULARIES[name]
    assert set(table) == set(codes)


def test_no_button_reads_as_a_state() -> None:
    buttons, states = (set(map(str, table.values())) for table in (labels.ROW_ACTIONS, labels.STATES))
    assert buttons & states == set()


def test_every_table_of_labels_is_held_to_its_vocabulary() -> None:
    tables = {name for name, value in vars(labels).items() if name.isupper() and isinstance(value, Mapping)}
    assert tables <= set(VOCABULARIES)


def test_the_statuses_of_messages_and_their_reasons_have_labels() -> None:
    assert set(message_labels.MESSAGE_STATUSES) == {PENDING, SENT, FAILED, VOID, LATE, WITHHELD, IN_DOUBT}
    assert set(message_labels.MESSAGE_REASONS) == reasons.CODES


def test_why_a_time_is_kept_has_labels() -> None:
    assert set(confirmation_lines.SPARED) == set(Spared)
    assert set(confirmation_lines.KEPT) == set(Kept)


def test_the_kinds_of_messages_have_labels() -> None:
    assert set(message_labels.MESSAGE_KINDS) == {*FAMILIES, CANCELLED, RESCHEDULED, SEVERAL_BOOKINGS}


def test_the_modes_are_the_same_everywhere() -> None:
    assert set(MODES) == set(MODE_CODES)


@pytest.mark.databases("sqlite")
def test_a_label_is_looked_up_when_it_is_shown(app: Flask) -> None:
    with app.test_request_context():
        assert labels.label_of(labels.MODES, "video") == "By video"
        assert labels.labels_of(labels.NEEDS, ["bsl", "of-old"]) == "British Sign Language, of-old"
        assert labels.STATES_COUNTED[State.BOOKED](3) == "3 booked"
