"""Who may act for a resident beyond one booking: on what proof, until which day, and what they may do. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.contact_values import parse_email, parse_phone
from core.errors import Invalid, InvalidValue, Reason
from core.text import parse_or_empty
from people.residents.details import BASES, fold, name_key, parse_name

BOOK, BE_TOLD, DISCUSS = "book", "be_told", "discuss"
POWERS = (BOOK, BE_TOLD, DISCUSS)
SAID_SO = "said_so"
PROOFS = (SAID_SO, "letter", "attorney", "court", "organisation")
LONGEST_WHY = 500
ENDS_SOON = timedelta(days=30)
NEVER = date.min


@dataclass(frozen=True)
class Mandated:
    """Who may act: `basis` is one of BASES, `proof` of PROOFS, `powers` of POWERS; `valid_until` is the last day."""

    name: str
    basis: str
    proof: str
    powers: tuple[str, ...]
    valid_until: date | None = None
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class KnownMandate:
    """An entry as it stands. `proof_by` saw the proof; `ended_on` is the day on which somebody ended it, by hand."""

    id: int
    version: int
    who: Mandated
    proof_by: str
    proof_at: datetime
    changed_by: str = ""
    changed_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""
    ended_why: str = ""

    def is_over(self, today: date) -> bool:
        """Whether they may not act any more: it was ended, or its last day is past."""
        return self.ended_at is not None or self.has_expired(today)

    def has_expired(self, today: date) -> bool:
        """Whether its last day is past."""
        return self.who.valid_until is not None and self.who.valid_until < today

    def days_left(self, today: date) -> int | None:
        """The days until its last one, where that is soon; None for later, open or over."""
        until = self.who.valid_until
        if until is None or self.is_over(today) or until > today + ENDS_SOON:
            return None
        return (until - today).days

    def may(self, power: str, today: date) -> bool:
        """Whether it is noted that they may do this, today."""
        return power in self.who.powers and not self.is_over(today)


def check_mandate(given: Mandated, today: date) -> Mandated:
    """The entry as it is kept. Raises: Invalid with every field that is wrong."""
    errors: dict[str, list[Reason]] = {}
    name = _parsed(errors, "name", given.name, parse_name)
    if not name and "name" not in errors:
        errors["name"] = [Reason("no_representative_name")]
    if given.basis not in BASES:
        errors["basis"] = [Reason("no_basis")]
    phone = _parsed(errors, "phone", given.phone, parse_phone)
    email = _parsed(errors, "email", given.email, parse_email)
    if given.proof not in PROOFS:
        errors["proof"] = [Reason("mandate_without_proof")]
    if given.valid_until is not None and given.valid_until < today:
        errors["valid_until"] = [Reason("mandate_day_over")]
    powers = tuple(power for power in POWERS if power in given.powers)
    if not powers:
        errors["powers"] = [Reason("mandate_without_power")]
    if errors:
        raise Invalid(errors)
    return Mandated(name, given.basis, given.proof, powers, given.valid_until, phone, email)


def _parsed(errors: dict[str, list[Reason]], field: str, text: str, parse: Callable[[str], str]) -> str:
    try:
        return parse_or_empty(parse, text)
    except InvalidValue as error:
        errors[field] = [error.reason]
        return ""


def is_proof_anew(before: Mandated, after: Mandated) -> bool:
    """Whether a change rests on a proof that was seen now: another proof, day or person, or more that they may do."""
    same = (before.proof, before.valid_until, before.basis) == (after.proof, after.valid_until, after.basis)
    return not same or not _is_same_name(before.name, after.name) or not set(after.powers) <= set(before.powers)


def shown_mandates(known: Iterable[KnownMandate], today: date) -> tuple[KnownMandate, ...]:
    """Those who may act, who may book first; then those who may not any more unless another entry says that they may."""
    given = tuple(known)
    valid = sorted((one for one in given if not one.is_over(today)), key=lambda one: not one.may(BOOK, today))
    over = (one for one in given if one.is_over(today))
    newest: list[KnownMandate] = []
    for one in over:
        if not any(_is_same_name(one.who.name, other.who.name) for other in (*valid, *newest)):
            newest.append(one)
    return (*valid, *newest)


def entries_for(known: Sequence[KnownMandate], name: str) -> tuple[KnownMandate, ...]:
    """What is noted of somebody with this name."""
    return tuple(one for one in known if _is_same_name(one.who.name, name))


def is_unclear(known: Sequence[KnownMandate], name: str, today: date) -> bool:
    """Whether something is noted of somebody with this name, and not that they may book and change visits today."""
    noted = entries_for(known, name)
    return bool(noted) and not any(one.may(BOOK, today) for one in noted)


def entry_to_book(known: Sequence[KnownMandate], name: str, today: date) -> KnownMandate | None:
    """By which entry somebody with this name books: one by which they are told too, if there is one."""
    may_book = [one for one in entries_for(known, name) if one.may(BOOK, today)]
    return min(may_book, key=lambda one: not one.may(BE_TOLD, today), default=None)


def last_day_told(noted: str, name: str) -> date | None:
    """The last day on which somebody with this name is told about visits: NEVER where what is noted of them says that they
    are not, None where it names no day, or nothing is noted of them. `noted` has a line for each entry, as `NOTED` makes it.
    """
    lines = [line.split(";", 2) for line in noted.splitlines()]
    mine = [(until, is_told == "1") for is_told, until, whose in lines if _is_same_name(whose, name)]
    told = [until for until, is_told in mine if is_told]
    if not mine or "" in told:
        return None
    return max(map(date.fromisoformat, told), default=NEVER)


def _is_same_name(one: str, other: str) -> bool:
    key = name_key(one)
    return key == name_key(other) if key else fold(one) == fold(other)
