"""Whether two records look like the same person's, and why. Pure."""

from __future__ import annotations

from people.residents.details import name_tokens
from people.residents.search import MatchReason, Searchable, SearchText, fit_of

LIKE_ENOUGH = 0.85  # of a name, as the search compares it


def likeness(one: Searchable, other: Searchable) -> tuple[MatchReason, ...]:
    """Why they may be one person: the name first, then what else they share. Nothing for two people.

    A family has one telephone, and twins one birth date: without a name that is like the other they are different people. So
    they are with two birth dates, unless the name is the same letter for letter: then one of the dates may be a slip.
    """
    name = _names(one, other)
    shared = tuple(why for why, is_same in _shared(one, other) if is_same)
    if name is None or not shared:
        return ()
    dates = {one.date_of_birth, other.date_of_birth} - {None}
    if len(dates) > 1 and name is not MatchReason.SAME_NAME:
        return ()
    return (name, *shared)


def _shared(one: Searchable, other: Searchable) -> tuple[tuple[MatchReason, bool], ...]:
    born = one.date_of_birth
    return (
        (MatchReason.SAME_BIRTH_DATE, born is not None and born == other.date_of_birth),
        (MatchReason.SAME_PHONE, bool(one.phone_key) and one.phone_key == other.phone_key),
        (MatchReason.SAME_EMAIL, bool(one.email) and one.email == other.email),
    )


def _names(one: Searchable, other: Searchable) -> MatchReason | None:
    """How the one name is like the other: each may have words that the other lacks."""
    fits = (fit_of(two, SearchText(words=name_tokens(name))) for two, name in ((one, other.name), (other, one.name)))
    score, why = max(((score, why[:1]) for score, why in fits), key=lambda fit: fit[0], default=(0.0, ()))
    return why[0] if why and score >= LIKE_ENOUGH else None
