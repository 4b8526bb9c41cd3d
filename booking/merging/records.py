"""A resident's record as plain JSON values, to put it back later as it was. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from people.residents.details import ResidentDetails
from people.residents.merge_choice import NO_CONTACT, WISHES

RETURNED = ("email_returned_at", "letter_returned_at")
DETAILS = tuple(ResidentDetails.__dataclass_fields__)
FACTS = (*DETAILS, *RETURNED)
Facts = Mapping[str, Any]


def facts_of_record(row: Any) -> dict[str, Any]:
    """All that a record says, as JSON takes it."""
    return {name: _plain(getattr(row, name)) for name in FACTS}


def details_in(facts: Facts) -> ResidentDetails:
    """The details in facts that `facts_of_record` made."""
    born = facts["date_of_birth"]
    values = {name: facts[name] for name in DETAILS} | {"support_needs": tuple(facts["support_needs"])}
    return ResidentDetails(**values | {"date_of_birth": date.fromisoformat(born) if born else None})


def instant_in(facts: Facts, name: str) -> datetime | None:
    """One of RETURNED."""
    return datetime.fromisoformat(facts[name]) if facts[name] else None


def facts_after_undo(before: Facts, became: Facts, now: Facts) -> dict[str, Any]:
    """The kept record without the merge: as it was `before`, but what somebody has changed since it `became` one stays."""
    return {name: before[name] if now[name] == became[name] else now[name] for name in FACTS}


def facts_restored(merged: Facts, became: Facts, now: Facts) -> dict[str, Any]:
    """The other record as it was; with every "do not" that was asked for since, because nobody knows by which of the two."""
    facts = dict(merged)
    for wish in WISHES:
        facts[wish] = merged[wish] or (now[wish] and not became[wish])
    if now["safe_hours"] and now["safe_hours"] != became["safe_hours"]:
        facts["safe_hours"] = now["safe_hours"]
    if now["contact_preference"] == NO_CONTACT != became["contact_preference"]:
        facts["contact_preference"] = NO_CONTACT
    return facts


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # an instant is one too
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
