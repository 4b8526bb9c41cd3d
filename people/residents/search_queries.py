"""Finding a resident while they are on the telephone: by name, also misspelt, number, postcode or email.

Each part of the search text becomes indexed conditions over prefixes, sounds and ends of words. Every list has a limit, and
a name of several words is looked for from the rarest of them, so that it costs little however many share the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, and_, func, or_, select, union
from sqlalchemy.orm import Session

from core.database import table_of
from people.residents.details import sound_of
from people.residents.search import MatchReason, SearchText, fit_of, letters_kept, near_words, readings
from people.residents.tables import Resident, ResidentNameToken

CANDIDATES, FEW = 100, 20  # of one list; FEW of those that lack a word
CERTAIN = 0.9  # all parts fit, from their beginning at least
GUESSED = frozenset({MatchReason.SOUNDS_ALIKE, MatchReason.SPELT_NEARLY, MatchReason.OTHER_LETTERS})
CLOSE_ENOUGH = 0.85  # with a best name below this, misspelt ones are looked for too
COUNTED = 5_000  # of the words of names, to know which of the search is the rarest
Text = ColumnElement[str]
Condition = ColumnElement[bool]
Tokens = FromClause  # the table, or an alias of it
Fits = Callable[[Tokens], Condition]  # whether a word of a name is one that a word of the search may mean
Contact = Sequence[tuple[Text, Condition]]
Found = dict[int, Row[*tuple[Any, ...]]]
_LAST = "\U0010ffff"
# Plain tables, and each alias made once: putting a statement together takes as long as running it.
_residents, _words = table_of(Resident), table_of(ResidentNameToken)
_first, _other = _words.alias("first_word"), _words.alias("other_word")
_compared = [_residents.c[name] for name in ("id", "name", "email", "phone_key", "postcode_key", "date_of_birth")]


@dataclass(frozen=True)
class Match:
    """A resident who may be meant: how likely (0 to 1), and why, a reason for each part of the search that fits."""

    resident: Resident
    score: float
    why: tuple[MatchReason, ...]

    @property
    def is_certain(self) -> bool:
        """Whether all that was typed fits as it was typed, letter for letter as far as it goes."""
        return self.score >= CERTAIN and GUESSED.isdisjoint(self.why)


@dataclass(frozen=True)
class _Fit:
    """How well a resident fits, before their record is read."""

    resident_id: int
    name: str
    score: float
    why: tuple[MatchReason, ...]


def find_residents(db: Session, authority_id: int, text: str, today: date, limit: int = 10) -> list[Match]:
    """The residents whom `text` may mean, likeliest first, at most `limit`."""
    best: dict[int, _Fit] = {}
    for fit in chain.from_iterable(_found(db, authority_id, search) for search in readings(text, today)):
        known = best.get(fit.resident_id)
        if known is None or known.score < fit.score:
            best[fit.resident_id] = fit
    likeliest = sorted(best.values(), key=lambda fit: -fit.score)[:limit]
    if not likeliest:
        return []
    rows = db.scalars(select(Resident).where(Resident.id.in_([fit.resident_id for fit in likeliest])))
    residents = {resident.id: resident for resident in rows}
    return [Match(residents[fit.resident_id], fit.score, fit.why) for fit in likeliest]


def _found(db: Session, authority_id: int, search: SearchText) -> list[_Fit]:
    """The residents whom the search may mean, likeliest first; one to five short statements."""
    found: Found = {}
    contact, is_whole = _contact_conditions(search), False
    for column, begins in contact:
        fitting = _unique(db.execute(_known(authority_id).where(begins).order_by(column).limit(CANDIDATES)))
        found |= fitting
        is_whole = is_whole or len(fitting) < CANDIDATES  # nobody else has that contact, whatever their name
    if search.words and not is_whole:
        found |= _by_name(db, authority_id, search, contact)
    name = SearchText(words=search.words)
    if contact and search.words and all(fit.score < CLOSE_ENOUGH for fit in _ranked(found, name)):
        found |= _by_name(db, authority_id, search, ())  # whoever has the name may have a new contact
    return _ranked(found, search)


def _known(authority_id: int) -> Select[*tuple[Any, ...]]:
    return select(*_compared).where(_residents.c.authority_id == authority_id, _residents.c.anonymised_at.is_(None))


def _unique(rows: Iterable[Row[*tuple[Any, ...]]]) -> Found:
    return {row.id: row for row in rows}


def _begins(column: Text, prefix: str) -> Condition:
    return and_(column >= prefix, column < prefix + _LAST)


def _contact_conditions(search: SearchText) -> list[tuple[Text, Condition]]:
    parts: list[tuple[Text, str]] = [
        (_residents.c.email, search.email),
        (_residents.c.phone_key, search.phone[::-1]),
        (_residents.c.postcode_key, search.postcode),
    ]
    conditions = [(column, _begins(column, prefix)) for column, prefix in parts if prefix]
    if search.born:
        conditions.append((_residents.c.name_key, _residents.c.date_of_birth == search.born))
    return conditions


def _by_name(db: Session, authority_id: int, search: SearchText, contact: Contact) -> Found:
    """The residents whose names have all words of the search, or all but one; misspelt ones where none comes close."""
    words = _rarest_first(db, authority_id, tuple(dict.fromkeys(search.words)))
    first, heard = words[0], {word: _begins_or_sounds(word) for word in words}
    lists = [_having(authority_id, _is(first), [_is(word) for word in words[1:]], contact)]
    lists += _lists_of(authority_id, words, heard, contact)
    for left_out in words if len(words) > 1 else ():
        some = [word for word in words if word != left_out]
        lists += _lists_of(authority_id, some, heard, contact, limit=FEW)
    found = _read(db, authority_id, lists)
    if all(fit.score < CLOSE_ENOUGH for fit in _ranked(found, search)):
        near = _near_words(db, authority_id, words)
        meant = {word: _begins_or_sounds(word, near[word]) for word in words}
        lists = _lists_of(authority_id, words, meant, contact, _is_one_of(near[first]))
        for word in words if len(words) > 1 else ():  # misspelt, and of somebody with another first name
            lists.append(_having(authority_id, _is_one_of(near[word]), [], contact, FEW))
        found |= _read(db, authority_id, lists)
    return found


def _read(db: Session, authority_id: int, lists: Sequence[Select[int]]) -> Found:
    """What is compared of the residents in any of `lists`. Not in one statement: it would be as hard to plan as a join."""
    ids = db.scalars(union(*(select(one.subquery()) for one in lists))).all()
    return _unique(db.execute(_known(authority_id).where(_residents.c.id.in_(ids))))


def _lists_of(
    authority_id: int,
    words: Sequence[str],
    fits: Mapping[str, Fits],
    contact: Contact,
    *more: Fits,
    limit: int = CANDIDATES,
) -> list[Select[int]]:
    """Residents with all of `words`: a list by each index that may have the first of them."""
    first, others = words[0], [fits[word] for word in words[1:]]
    indexed = (_begins_with(first), *([_sounds_like(first)] if sound_of(first) else []), *more)
    return [_having(authority_id, one, others, contact, limit) for one in indexed]


def _is(word: str) -> Fits:
    return lambda tokens: tokens.c.token == word


def _is_one_of(words: Sequence[str]) -> Fits:
    return lambda tokens: tokens.c.token.in_(words)


def _begins_with(word: str) -> Fits:
    return lambda tokens: _begins(tokens.c.token, word)


def _sounds_like(word: str) -> Fits:
    return lambda tokens: tokens.c.sound == sound_of(word)


def _begins_or_sounds(word: str, near: Sequence[str] = ()) -> Fits:
    """Words that begin with `word`, or sound like it, or are one of `near`."""
    fits = [
        _begins_with(word),
        *([_sounds_like(word)] if sound_of(word) else []),
        *([_is_one_of(near)] if near else []),
    ]
    return lambda tokens: or_(*(one(tokens) for one in fits))


def _rarest_first(db: Session, authority_id: int, words: Sequence[str]) -> Sequence[str]:
    """`words` in the order of how many words of names begin with them, or sound so."""
    if len(words) < 2:
        return words
    here = select(_words.c.id).where(_words.c.authority_id == authority_id)
    some = [here.where(_begins_or_sounds(word)(_words)).limit(COUNTED).subquery() for word in words]
    counts = db.execute(select(*(select(func.count()).select_from(one).scalar_subquery() for one in some))).one()
    return [word for _, word in sorted(zip(counts, words, strict=True))]


def _having(
    authority_id: int, first: Fits, others: Sequence[Fits], contact: Contact, limit: int = CANDIDATES
) -> Select[int]:
    """Residents with a word that fits `first`, which is found by its index, and words that fit `others`, which are found by
    the resident: of one person there are few. The contact of the search fits, too.
    """
    whose = _first.c.resident_id
    theirs = [select(_other.c.id).where(_other.c.resident_id == whose, fits(_other)) for fits in others]
    theirs += [select(_residents.c.id).where(_residents.c.id == whose, begins) for _, begins in contact]
    # Not a join, nor EXISTS, of which PostgreSQL may make one: without statistics it would compare everybody with everybody.
    fitting = [one.limit(1).scalar_subquery().is_not(None) for one in theirs]
    named = select(whose).where(_first.c.authority_id == authority_id, first(_first), *fitting)
    # In the order of the index that is read, so that the same search always lists the same people.
    return named.order_by(_first.c.token, _first.c.sound, whose).limit(limit)


def _near_words(db: Session, authority_id: int, words: Sequence[str]) -> Mapping[str, list[str]]:
    """For each of `words` the words of names that are one typing error (two in a long word) away from it."""
    ends = [end for word in words for end in _same_at_one_end(authority_id, word)]
    vocabulary = set(db.scalars(union(*ends)))
    return {word: near_words(word, vocabulary) for word in words}


def _same_at_one_end(authority_id: int, word: str) -> list[Select[str]]:
    """The words of names, about as long as `word`, that begin as it does, and those that end so."""
    kept = letters_kept(word)
    length = func.length(_words.c.token).between(len(word) - 1, len(word) + 1)
    here = select(_words.c.token).where(_words.c.authority_id == authority_id, length)
    ends = (_begins(_words.c.token, word[:kept]), _begins(_words.c.reversed, word[::-1][:kept]))
    return [here.where(end).distinct() for end in ends]


def _ranked(found: Found, search: SearchText) -> list[_Fit]:
    fits = (_Fit(row.id, row.name, *fit_of(row, search)) for row in found.values())
    return sorted(fits, key=lambda fit: (-fit.score, fit.name, fit.resident_id))
