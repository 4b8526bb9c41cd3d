"""One record of two: what either asked for its safety stays, and of what differs, somebody has chosen. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.errors import Refused
from people.residents.details import NEEDS, ResidentDetails, email_key, phone_key, postcode_key

# What is chosen where both records say something else, in the order of the page. An address has its postcode with it.
CHOSEN_FACTS = (
    *("name", "phone", "date_of_birth", "email", "address", "contact_preference", "letter_format"),
    *("message_language", "language"),
)
REACHED_BY = frozenset({"phone", "email", "address"})
NO_CONTACT = "none"
KEPT, OTHER = "kept", "other"
DAY_MINUTES = 24 * 60
# A "do not" is never lost: it holds as soon as one record says so.
WISHES = ("do_not_text", "leave_no_message", "uses_neutral_name")


def facts_to_choose(kept: ResidentDetails, other: ResidentDetails) -> tuple[str, ...]:
    """The facts that differ and that nothing decides.

    What one record alone says is taken. Where somebody has asked to be reached with care it is not: a number or an
    address that is missing there may be missing on purpose.
    """
    is_careful = is_reached_with_care(kept) or is_reached_with_care(other)
    return tuple(fact for fact in CHOSEN_FACTS if _is_open(fact, kept, other, is_careful=is_careful))


def is_reached_with_care(person: ResidentDetails) -> bool:
    """Whether they asked for anything about how they are reached."""
    wishes = any(getattr(person, wish) for wish in WISHES)
    return wishes or bool(person.safe_hours) or person.contact_preference == NO_CONTACT


def _is_open(fact: str, kept: ResidentDetails, other: ResidentDetails, *, is_careful: bool) -> bool:
    ours, theirs = _compared(fact, kept), _compared(fact, other)
    if ours == theirs or (fact == "contact_preference" and NO_CONTACT in (ours, theirs)):
        return False
    return bool(ours and theirs) or (is_careful and fact in REACHED_BY)


def _compared(fact: str, person: ResidentDetails) -> object:
    """A fact as two records are compared by it: two ways of writing one number are the same."""
    if fact == "address":
        return (" ".join(person.address.split()).casefold(), postcode_key(person.postcode)) if _has_post(person) else ""
    value = getattr(person, fact)
    keys = {"phone": phone_key, "email": email_key}
    return keys[fact](value) if fact in keys else " ".join(value.split()) if fact == "name" else value


def _has_post(person: ResidentDetails) -> bool:
    return bool(person.address or person.postcode)


def merged_details(kept: ResidentDetails, other: ResidentDetails, chosen: Mapping[str, str]) -> ResidentDetails:
    """The details of one person; `chosen` says for each of `facts_to_choose` whether KEPT or OTHER counts.

    Raises: Refused when they may be rung at no time that both allow; KeyError for what was not chosen.
    """
    asked = facts_to_choose(kept, other)
    sources = {fact: chosen[fact] if fact in asked else _decided(fact, kept, other) for fact in CHOSEN_FACTS}
    values = {fact: getattr(other if source == OTHER else kept, fact) for fact, source in sources.items()}
    values["postcode"] = (other if sources["address"] == OTHER else kept).postcode
    for wish in WISHES:
        values[wish] = getattr(kept, wish) or getattr(other, wish)
    if NO_CONTACT in (kept.contact_preference, other.contact_preference):
        values["contact_preference"] = NO_CONTACT
    needs = {*kept.support_needs, *other.support_needs}
    values["support_needs"] = (*(code for code in NEEDS if code in needs), *sorted(needs - NEEDS.keys()))
    return replace(kept, **values, safe_hours=shared_hours(kept.safe_hours, other.safe_hours))


def _decided(fact: str, kept: ResidentDetails, other: ResidentDetails) -> str:
    """Whose fact counts where nothing has to be chosen: the kept one's, unless only the other says it."""
    return KEPT if _compared(fact, kept) else OTHER


def shared_hours(one: str, other: str) -> str:
    """The hours, "10:00-12:00", in which both allow to be rung; empty for any. Raises: Refused when there are none."""
    if not one or not other or one == other:
        return one or other
    both = _minutes(one) & _minutes(other)
    starts = [minute for minute in sorted(both) if (minute - 1) % DAY_MINUTES not in both]
    if len(starts) != 1:
        raise Refused.because("no_shared_hours", one=one, other=other)
    end = (starts[0] + len(both)) % DAY_MINUTES
    return f"{_clock(starts[0])}-{_clock(end)}"


def _minutes(hours: str) -> frozenset[int]:
    """The minutes of a day in `hours`, which may go over midnight."""
    begin, end = (60 * int(text[:2]) + int(text[3:]) for text in hours.split("-"))
    return frozenset(minute % DAY_MINUTES for minute in range(begin, end if begin < end else end + DAY_MINUTES))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
