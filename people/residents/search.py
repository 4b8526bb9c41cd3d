"""Finding a resident while they are on the telephone: by name, however it is spelt, number, postcode or email.

The text may mix them ("patel n12"). Each part becomes one indexed statement over prefixes and sounds; only when no name
comes close, the authority's vocabulary of name words is read once and compared letter by letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from operator import itemgetter

import jellyfish
from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.contact_values import EMAIL_IN_TEXT, PHONE_IN_TEXT
from locations.postcodes import POSTCODE_IN_TEXT
from people.residents.contact_details import email_key, phone_digits, phone_key, postcode_key
from people.residents.names import index_tokens, name_tokens, similarity, sound_of
from people.residents.tables import Resident, ResidentNameToken

MOST_WORDS = 4
CANDIDATES = 200
NEAR_WORDS = 25
SOUNDS_ALIKE = 0.88
CLOSE_ENOUGH = 0.85  # a best name below this is worth the look through the vocabulary
Column = InstrumentedAttribute[str]
Conditions = Sequence[ColumnElement[bool]]
Hits = Select[int, int, int]
Part = tuple[float, "MatchReason | None"]  # how well one part of a search fits, and why
_LAST = "\U0010ffff"


class MatchReason(StrEnum):
    """Why a resident may be meant."""

    SAME_NAME = "same_name"
    NAME_BEGINS = "name_begins"
    SOUNDS_ALIKE = "sounds_alike"
    SPELT_NEARLY = "spelt_nearly"
    SAME_PHONE = "same_phone"
    PHONE_ENDS = "phone_ends"
    SAME_POSTCODE = "same_postcode"
    POSTCODE_BEGINS = "postcode_begins"
    SAME_EMAIL = "same_email"
    EMAIL_BEGINS = "email_begins"


@dataclass(frozen=True)
class Match:
    """A resident who may be meant: how likely (0 to 1), and why, a reason for each part of the search that fits."""

    resident: Resident
    score: float
    why: tuple[MatchReason, ...]


@dataclass(frozen=True)
class Asked:
    """What a search text asks for, part by part; empty parts are not asked."""

    email: str = ""
    phone: str = ""
    postcode: str = ""
    words: tuple[str, ...] = ()

    @property
    def parts(self) -> int:
        """How many kinds of things are asked for."""
        return sum(map(bool, (self.email, self.phone, self.postcode, self.words)))


def read(text: str) -> Asked:
    """What `text` asks for."""
    rest, found = text, {}
    for kind, pattern in (
        ("email", EMAIL_IN_TEXT),
        ("postcode", POSTCODE_IN_TEXT),
        ("phone", PHONE_IN_TEXT),
    ):
        hit = pattern.search(rest)
        found[kind] = hit.group() if hit else ""
        rest = rest.replace(found[kind], " ", 1) if hit else rest
    return Asked(
        email=email_key(found["email"]),
        phone=phone_digits(found["phone"]),
        postcode=postcode_key(found["postcode"]),
        words=name_tokens(rest)[:MOST_WORDS],
    )


def find_residents(db: Session, authority_id: int, text: str, limit: int = 10) -> list[Match]:
    """The residents whom `text` may mean, likeliest first, at most `limit`; one to five short statements."""
    asked = read(text)
    if not asked.parts:
        return []
    here = (Resident.authority_id == authority_id, Resident.anonymised_at.is_(None))
    contact = _contact_conditions(asked)
    found = _unique(chain.from_iterable(_by_contact(db, (*here, begins), column) for column, begins in contact))
    matches = _ranked(found, asked)
    if asked.words:
        hits = _hits_of_words(authority_id, asked.words)
        matches = _ranked(_unique((*found, *_residents_of(db, hits, here, contact))), asked)
        if not matches or matches[0].score < CLOSE_ENOUGH:
            hits = _hits_of_near_words(db, authority_id, asked.words)
            residents = (match.resident for match in matches)
            matches = _ranked(_unique((*residents, *_residents_of(db, hits, here, contact))), asked)
    return matches[:limit]


def _unique(residents: Iterable[Resident]) -> list[Resident]:
    return list({resident.id: resident for resident in residents}.values())


def _begins(column: Column, prefix: str) -> ColumnElement[bool]:
    return and_(column >= prefix, column < prefix + _LAST)


def _contact_conditions(asked: Asked) -> list[tuple[Column, ColumnElement[bool]]]:
    parts: list[tuple[Column, str]] = [
        (Resident.email, asked.email),
        (Resident.phone_key, asked.phone[::-1]),
        (Resident.postcode_key, asked.postcode),
    ]
    return [(column, _begins(column, prefix)) for column, prefix in parts if prefix]


def _by_contact(db: Session, conditions: Conditions, column: Column) -> Iterable[Resident]:
    """Residents whose column begins as asked; what is asked whole comes first, being shortest."""
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
    """Words of names that are one slip of the keyboard (two in a long word) away from one of `words`."""
    here = ResidentNameToken.authority_id == authority_id
    lengths = func.length(ResidentNameToken.token).between(min(map(len, words)) - 1, max(map(len, words)) + 1)
    vocabulary = db.scalars(select(ResidentNameToken.token).where(here, lengths).distinct()).all()
    return [
        _hits(position, literal(1)).where(here, ResidentNameToken.token.in_(_near(word, vocabulary)))
        for position, word in enumerate(words)
    ]


def _hits(position: int, weight: ColumnElement[int]) -> Hits:
    return select(ResidentNameToken.resident_id, literal(position).label("word"), weight.label("weight"))


def _residents_of(
    db: Session, hits: Sequence[Hits], here: Conditions, contact: Sequence[tuple[Column, ColumnElement[bool]]]
) -> Iterable[Resident]:
    """The residents with the most and the weightiest hits, of those who fit the contact that was asked for too."""
    hit = union_all(*hits).subquery()
    best = select(hit.c.resident_id, func.max(hit.c.weight).label("weight")).group_by(hit.c.resident_id, hit.c.word)
    word = best.subquery()
    total = func.sum(word.c.weight + 10)
    likely = select(word.c.resident_id).group_by(word.c.resident_id)
    if contact:
        likely = likely.join(Resident, Resident.id == word.c.resident_id).where(*(begins for _, begins in contact))
    likeliest = likely.order_by(total.desc(), word.c.resident_id).limit(CANDIDATES).subquery()
    return db.scalars(select(Resident).join(likeliest, likeliest.c.resident_id == Resident.id).where(*here)).all()


def _near(word: str, vocabulary: Iterable[str]) -> list[str]:
    allowed = slips_allowed(word)
    slips = ((jellyfish.damerau_levenshtein_distance(word, other), other) for other in vocabulary)
    return [other for _, other in sorted(slip for slip in slips if slip[0] <= allowed)[:NEAR_WORDS]]


def slips_allowed(word: str) -> int:
    """How many wrong letters are forgiven: none in the shortest words, one in ordinary ones, two in long ones."""
    return 0 if len(word) < 3 else 1 if len(word) < 8 else 2


def _ranked(residents: Iterable[Resident], asked: Asked) -> list[Match]:
    matches = (_match(resident, asked) for resident in residents)
    return sorted(
        matches,
        key=lambda match: (-match.score, match.resident.name, match.resident.id),
    )


def _match(resident: Resident, asked: Asked) -> Match:
    """The mean over the parts that were asked for, with the reason for each part that fits."""
    parts = [_name_part(resident, asked.words)] if asked.words else []
    if asked.phone:
        parts.append(
            _contact_part(
                phone_key(asked.phone) == resident.phone_key,
                resident.phone_key,
                asked.phone[::-1],
                (MatchReason.SAME_PHONE, MatchReason.PHONE_ENDS),
            )
        )
    if asked.postcode:
        parts.append(
            _contact_part(
                asked.postcode == resident.postcode_key,
                resident.postcode_key,
                asked.postcode,
                (MatchReason.SAME_POSTCODE, MatchReason.POSTCODE_BEGINS),
            )
        )
    if asked.email:
        reasons = (MatchReason.SAME_EMAIL, MatchReason.EMAIL_BEGINS)
        parts.append(_contact_part(asked.email == resident.email, resident.email, asked.email, reasons))
    score = sum(score for score, _ in parts) / len(parts)
    return Match(resident, round(score, 3), tuple(why for _, why in parts if why))


def _contact_part(is_same: bool, kept: str, asked: str, reasons: tuple[MatchReason, MatchReason]) -> Part:
    """How well a contact fits; `reasons` are for the whole of it and for a part."""
    if is_same:
        return 1.0, reasons[0]
    return (0.9, reasons[1]) if kept.startswith(asked) else (0.0, None)


def _name_part(resident: Resident, words: Sequence[str]) -> Part:
    tokens = index_tokens(resident.name)
    best = [max((_likeness(word, token) for token in tokens), key=itemgetter(0), default=(0.0, None)) for word in words]
    score = sum(part for part, _ in best) / len(best)
    weakest = min(best, key=itemgetter(0))
    return score, weakest[1] if score >= 0.5 else None


def _likeness(word: str, token: str) -> Part:
    """How well a typed word fits a word of a name, and why."""
    if word == token:
        return 1.0, MatchReason.SAME_NAME
    if token.startswith(word):
        return 0.9 + 0.09 * len(word) / len(token), MatchReason.NAME_BEGINS
    letters = similarity(word, token)
    sound = sound_of(word)
    if sound and sound == sound_of(token):
        return max(letters, SOUNDS_ALIKE) - 0.01, MatchReason.SOUNDS_ALIKE
    return letters * 0.95, MatchReason.SPELT_NEARLY
