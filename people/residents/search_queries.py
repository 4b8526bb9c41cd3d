"""Finding a resident while they are on the telephone: by name, also misspelt, number, postcode or email.

Each part of the search text becomes one indexed statement over prefixes and sounds; only when no name comes close, the
authority's vocabulary of name words is read once and compared letter by letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from people.residents.details import sound_of
from people.residents.search import MatchReason, SearchText, fit_of, near_words, readings
from people.residents.tables import Resident, ResidentNameToken

CANDIDATES = 200
CERTAIN = 0.9  # all parts fit, from their beginning at least
GUESSED = frozenset({MatchReason.SOUNDS_ALIKE, MatchReason.SPELT_NEARLY, MatchReason.OTHER_LETTERS})
CLOSE_ENOUGH = 0.85  # with a best name below this the vocabulary is searched too
Column = InstrumentedAttribute[str]
Conditions = Sequence[ColumnElement[bool]]
Hits = Select[int, int, int]
_LAST = "\U0010ffff"


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


def find_residents(db: Session, authority_id: int, text: str, today: date, limit: int = 10) -> list[Match]:
    """The residents whom `text` may mean, likeliest first, at most `limit`."""
    best: dict[int, Match] = {}
    for match in chain.from_iterable(_found(db, authority_id, search) for search in readings(text, today)):
        known = best.get(match.resident.id)
        if known is None or known.score < match.score:
            best[match.resident.id] = match
    return sorted(best.values(), key=lambda match: -match.score)[:limit]


def _found(db: Session, authority_id: int, search: SearchText) -> list[Match]:
    """The residents whom the search may mean, likeliest first; one to five short statements."""
    here = (Resident.authority_id == authority_id, Resident.anonymised_at.is_(None))
    contact = _contact_conditions(search)
    found = _unique(chain.from_iterable(_by_contact(db, (*here, begins), column) for column, begins in contact))
    matches = _ranked(found, search)
    if search.words:
        hits = _hits_of_words(authority_id, search.words)
        matches = _ranked(_unique((*found, *_residents_of(db, hits, here, contact))), search)
        if not matches or matches[0].score < CLOSE_ENOUGH:
            hits = _hits_of_near_words(db, authority_id, search.words)
            residents = (match.resident for match in matches)
            matches = _ranked(_unique((*residents, *_residents_of(db, hits, here, contact))), search)
    return matches


def _unique(residents: Iterable[Resident]) -> list[Resident]:
    return list({resident.id: resident for resident in residents}.values())


def _begins(column: Column, prefix: str) -> ColumnElement[bool]:
    return and_(column >= prefix, column < prefix + _LAST)


def _contact_conditions(search: SearchText) -> list[tuple[Column, ColumnElement[bool]]]:
    parts: list[tuple[Column, str]] = [
        (Resident.email, search.email),
        (Resident.phone_key, search.phone[::-1]),
        (Resident.postcode_key, search.postcode),
    ]
    conditions = [(column, _begins(column, prefix)) for column, prefix in parts if prefix]
    if search.born:
        conditions.append((Resident.name_key, Resident.date_of_birth == search.born))
    return conditions


def _by_contact(db: Session, conditions: Conditions, column: Column) -> Iterable[Resident]:
    """Residents whose column begins so; those that are no longer than the search come first, being shortest."""
    return db.scalars(select(Resident).where(*conditions).order_by(column).limit(CANDIDATES))


def _hits_of_words(authority_id: int, words: Sequence[str]) -> list[Hits]:
    """Words of names that begin with, or sound like, one of `words`; a better fit weighs more."""
    here = ResidentNameToken.authority_id == authority_id
    hits: list[Hits] = []
    for position, word in enumerate(words):
        weight = case((ResidentNameToken.token == word, 3), else_=2)
        hits.append(_hits(position, weight).where(here, _begins(ResidentNameToken.token, word)))
        if sound_of(word):
            hits.append(_hits(position, literal(1)).where(here, ResidentNameToken.sound == sound_of(word)))
    return hits


def _hits_of_near_words(db: Session, authority_id: int, words: Sequence[str]) -> list[Hits]:
    """Words of names that are one typing error (two in a long word) away from one of `words`."""
    here = ResidentNameToken.authority_id == authority_id
    lengths = func.length(ResidentNameToken.token).between(min(map(len, words)) - 1, max(map(len, words)) + 1)
    vocabulary = db.scalars(select(ResidentNameToken.token).where(here, lengths).distinct()).all()
    return [
        _hits(position, literal(1)).where(here, ResidentNameToken.token.in_(near_words(word, vocabulary)))
        for position, word in enumerate(words)
    ]


def _hits(position: int, weight: ColumnElement[int]) -> Hits:
    return select(ResidentNameToken.resident_id, literal(position).label("word"), weight.label("weight"))


def _residents_of(
    db: Session, hits: Sequence[Hits], here: Conditions, contact: Sequence[tuple[Column, ColumnElement[bool]]]
) -> Iterable[Resident]:
    """The residents with the most and the weightiest hits, of those who fit the contact of the search too."""
    hit = union_all(*hits).subquery()
    best = select(hit.c.resident_id, func.max(hit.c.weight).label("weight")).group_by(hit.c.resident_id, hit.c.word)
    word = best.subquery()
    total = func.sum(word.c.weight + 10)
    likely = select(word.c.resident_id).group_by(word.c.resident_id)
    if contact:
        likely = likely.join(Resident, Resident.id == word.c.resident_id).where(*(begins for _, begins in contact))
    likeliest = likely.order_by(total.desc(), word.c.resident_id).limit(CANDIDATES).subquery()
    return db.scalars(select(Resident).join(likeliest, likeliest.c.resident_id == Resident.id).where(*here)).all()


def _ranked(residents: Iterable[Resident], search: SearchText) -> list[Match]:
    matches = (Match(resident, *fit_of(resident, search)) for resident in residents)
    return sorted(
        matches,
        key=lambda match: (-match.score, match.resident.name, match.resident.id),
    )
