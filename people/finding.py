"""Finding a resident while they are on the telephone: by name, however it is spelt, number, postcode or email.

The text may mix them ("patel n12"). Each part becomes one indexed statement over prefixes and sounds; only when no name
comes close, the authority's vocabulary of name words is read once and compared letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import jellyfish
from sqlalchemy import ColumnElement, and_, case, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from people.names import (
    email_key,
    index_tokens,
    name_tokens,
    phone_digits,
    phone_key,
    postcode_key,
    similarity,
    sound_of,
)
from people.tables import Resident, ResidentNameToken

MOST_WORDS = 4
CANDIDATES = 200
NEAR_WORDS = 25
SOUNDS_ALIKE = 0.88
CLOSE_ENOUGH = 0.85  # a best name below this is worth the look through the vocabulary
_LAST = "\U0010ffff"
_EMAIL = re.compile(r"\S+@\S*")
_PHONE = re.compile(r"\+?[\d(][\d\s()./-]{1,}\d")
_POSTCODE = re.compile(r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]?(?:\s*\d[A-Z]{0,2})?(?!\w)", re.IGNORECASE)


@dataclass(frozen=True)
class Match:
    """A resident who may be meant: how likely (0 to 1), and why, in words."""

    resident: Resident
    score: float
    why: str


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
        ("email", _EMAIL),
        ("postcode", _POSTCODE),
        ("phone", _PHONE),
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


def find_residents(session: Session, authority_id: int, text: str, limit: int = 10) -> list[Match]:
    """The residents whom `text` may mean, likeliest first, at most `limit`; two to four short statements."""
    asked = read(text)
    if not asked.parts:
        return []
    residents = {row.id: row for row in _by_contact(session, authority_id, asked)}
    if asked.words:
        residents.update((row.id, row) for row in _by_name(session, authority_id, asked.words))
    matches = _ranked(residents.values(), asked)
    if asked.words and (not matches or matches[0].score < CLOSE_ENOUGH):
        near = _by_near_words(session, authority_id, asked.words)
        residents.update((row.id, row) for row in near)
        matches = _ranked(residents.values(), asked)
    return matches[:limit]


def _begins(column: InstrumentedAttribute[str], prefix: str) -> ColumnElement[bool]:
    return and_(column >= prefix, column < prefix + _LAST)


def _by_contact(session: Session, authority_id: int, asked: Asked) -> Iterator[Resident]:
    """One statement for each part, since each has its own index; exact ones come first by their length."""
    for column, prefix in (
        (Resident.email, asked.email),
        (Resident.phone_key, asked.phone[::-1]),
        (Resident.postcode_key, asked.postcode),
    ):
        if prefix:
            statement = select(Resident).where(Resident.authority_id == authority_id, _begins(column, prefix))
            yield from session.scalars(_living(statement).order_by(column).limit(CANDIDATES))


def _living(statement):  # type: ignore[no-untyped-def]
    return statement.where(Resident.anonymised_at.is_(None))


def _by_name(session: Session, authority_id: int, words: Sequence[str]) -> Iterable[Resident]:
    """Residents with a word that begins with, or sounds like, one of `words`; those with the most first."""
    here = ResidentNameToken.authority_id == authority_id
    hits = []
    for position, word in enumerate(words):
        weight = case((ResidentNameToken.token == word, 3), else_=2)
        columns = (ResidentNameToken.resident_id, literal(position).label("word"))
        hits.append(select(*columns, weight.label("weight")).where(here, _begins(ResidentNameToken.token, word)))
        if sound_of(word):
            alike = ResidentNameToken.sound == sound_of(word)
            hits.append(select(*columns, literal(1).label("weight")).where(here, alike))
    return _residents_of(session, hits)


def _residents_of(session: Session, hits: Sequence) -> Iterable[Resident]:  # type: ignore[type-arg]
    hit = union_all(*hits).subquery()
    best = (
        select(hit.c.resident_id, hit.c.word, func.max(hit.c.weight).label("weight"))
        .group_by(hit.c.resident_id, hit.c.word)
        .subquery()
    )
    likeliest = (
        select(best.c.resident_id, func.sum(best.c.weight + 10).label("weight"))
        .group_by(best.c.resident_id)
        .order_by(func.sum(best.c.weight + 10).desc(), best.c.resident_id)
        .limit(CANDIDATES)
        .subquery()
    )
    return session.scalars(_living(select(Resident).join(likeliest, likeliest.c.resident_id == Resident.id)))


def _by_near_words(session: Session, authority_id: int, words: Sequence[str]) -> Iterable[Resident]:
    """Residents with a word that is one slip of the keyboard or the ear (two in a long word) away from one of `words`."""
    lengths = func.length(ResidentNameToken.token).between(min(map(len, words)) - 1, max(map(len, words)) + 1)
    here = ResidentNameToken.authority_id == authority_id
    vocabulary = session.scalars(select(ResidentNameToken.token).where(here, lengths).distinct()).all()
    hits = []
    for position, word in enumerate(words):
        columns = (
            ResidentNameToken.resident_id,
            literal(position).label("word"),
            literal(1).label("weight"),
        )
        near = ResidentNameToken.token.in_(_near(word, vocabulary))
        hits.append(select(*columns).where(here, near))
    return _residents_of(session, hits)


def _near(word: str, vocabulary: Iterable[str]) -> list[str]:
    allowed = slips_allowed(word)
    slips = ((jellyfish.damerau_levenshtein_distance(word, other), other) for other in vocabulary)
    return [other for count, other in sorted(slip for slip in slips if slip[0] <= allowed)[:NEAR_WORDS]]


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
    """The mean over the parts that were asked for, with the words for each part that fits."""
    parts = [_name_part(resident, asked.words)] if asked.words else []
    if asked.phone:
        parts.append(
            _contact_part(
                phone_key(asked.phone) == resident.phone_key,
                resident.phone_key,
                asked.phone[::-1],
                "telephone",
            )
        )
    if asked.postcode:
        parts.append(
            _contact_part(
                asked.postcode == resident.postcode_key,
                resident.postcode_key,
                asked.postcode,
                "postcode",
            )
        )
    if asked.email:
        parts.append(_contact_part(asked.email == resident.email, resident.email, asked.email, "email"))
    score = sum(score for score, _ in parts) / len(parts)
    return Match(resident, round(score, 3), ", ".join(why for _, why in parts if why))


def _contact_part(is_same: bool, kept: str, asked: str, what: str) -> tuple[float, str]:
    if is_same:
        return 1.0, f"same {what}"
    if not kept.startswith(asked):
        return 0.0, ""
    return 0.9, f"{what} {'ends' if what == 'telephone' else 'begins'} like this"


def _name_part(resident: Resident, words: Sequence[str]) -> tuple[float, str]:
    tokens = index_tokens(resident.name)
    best = [max((_likeness(word, token) for token in tokens), default=(0.0, "")) for word in words]
    score = sum(part for part, _ in best) / len(best)
    weakest = min(best)
    return score, weakest[1] if score >= 0.5 else ""


def _likeness(word: str, token: str) -> tuple[float, str]:
    """How well a typed word fits a word of a name, and what to call it."""
    if word == token:
        return 1.0, "same name"
    if token.startswith(word):
        return 0.9 + 0.09 * len(word) / len(token), "name begins like this"
    letters = similarity(word, token)
    sound = sound_of(word)
    if sound and sound == sound_of(token):
        return max(letters, SOUNDS_ALIKE) - 0.01, "sounds like this"
    return letters * 0.95, "spelt nearly like this"
