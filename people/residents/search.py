"""The parts of a search text, and how well a resident fits it. Pure.

The text may mix names, numbers, postcodes and email addresses ("patel n12").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from operator import itemgetter
from typing import Protocol

import jellyfish

from core.contact_values import EMAIL_IN_TEXT, EMAIL_WITHOUT_DOMAIN, PHONE_IN_TEXT
from locations.postcodes import POSTCODE_IN_TEXT
from people.residents.birth_dates import find_birth_date
from people.residents.details import (
    email_key,
    in_latin,
    name_tokens,
    own_tokens,
    phone_digits,
    phone_key,
    postcode_key,
    similarity,
    sound_of,
    tokens_in_latin,
)

MOST_WORDS = 4
NEAR_WORDS = 25
SOUNDS_ALIKE = 0.88
Part = tuple[float, "MatchReason | None"]  # how well one part of a search fits, and why
NO_PART: Part = (0.0, None)


class MatchReason(StrEnum):
    """Why a resident may be meant."""

    SAME_NAME = "same_name"
    NAME_BEGINS = "name_begins"
    SOUNDS_ALIKE = "sounds_alike"
    SPELT_NEARLY = "spelt_nearly"
    OTHER_LETTERS = "other_letters"
    SAME_PHONE = "same_phone"
    PHONE_ENDS = "phone_ends"
    SAME_POSTCODE = "same_postcode"
    POSTCODE_BEGINS = "postcode_begins"
    SAME_EMAIL = "same_email"
    EMAIL_BEGINS = "email_begins"
    SAME_BIRTH_DATE = "same_birth_date"
    SAME_REFERENCE = "same_reference"


class Searchable(Protocol):
    """What a search compares of a resident."""

    @property
    def name(self) -> str:
        """As it is shown."""

    @property
    def email(self) -> str:
        """As it is compared."""

    @property
    def phone_key(self) -> str:
        """The digits from the last to the first."""

    @property
    def postcode_key(self) -> str:
        """In capitals without spaces."""

    @property
    def date_of_birth(self) -> date | None:
        """If it is known."""


@dataclass(frozen=True)
class SearchText:
    """A search text, part by part; empty parts are not searched for."""

    email: str = ""
    phone: str = ""
    postcode: str = ""
    words: tuple[str, ...] = ()
    born: date | None = None
    # The words were typed in other letters than these.
    are_heard: bool = False

    @property
    def parts(self) -> int:
        """How many kinds of things are searched for."""
        return sum(map(bool, (self.email, self.phone, self.postcode, self.words, self.born)))


def read_search(text: str, today: date) -> SearchText:
    """The parts of `text`. A date of birth is none that is still to come."""
    found = {}
    born, rest = find_birth_date(text, today)
    for kind, pattern in (
        ("email", EMAIL_IN_TEXT),
        ("postcode", POSTCODE_IN_TEXT),
        ("phone", PHONE_IN_TEXT),
    ):
        hit = pattern.search(rest)
        found[kind] = hit.group() if hit else ""
        rest = rest.replace(found[kind], " ", 1) if hit else rest
    return SearchText(
        email=email_key(found["email"]),
        phone=phone_digits(found["phone"]),
        postcode=postcode_key(found["postcode"]),
        words=name_tokens(rest)[:MOST_WORDS],
        born=born,
    )


def readings(text: str, today: date) -> list[SearchText]:
    """What `text` may mean. `ada.quill_2` is the beginning of an email address, or else two words of a name; a name in
    other letters may be on record in Latin ones.
    """
    word = text.strip()
    found = [read_search(text, today)]
    latin = tuple(map(in_latin, found[0].words))
    if latin != found[0].words:
        found.append(replace(found[0], words=latin, are_heard=True))
    if EMAIL_WITHOUT_DOMAIN.fullmatch(word):
        found += [SearchText(email=email_key(word)), read_search(word.replace(".", " ").replace("_", " "), today)]
    return [search for search in found if search.parts]


def fit_of(resident: Searchable, search: SearchText) -> tuple[float, tuple[MatchReason, ...]]:
    """How well the resident fits, 0 to 1: the mean over the parts of the search; and why, for each part that fits.

    A name counts twice: contacts change, and several people have one.
    """
    name = [_name_part(resident, search)] if search.words else []
    parts: list[Part] = []
    if search.phone:
        parts.append(
            _contact_part(
                phone_key(search.phone) == resident.phone_key,
                resident.phone_key,
                search.phone[::-1],
                (MatchReason.SAME_PHONE, MatchReason.PHONE_ENDS),
            )
        )
    if search.postcode:
        parts.append(
            _contact_part(
                search.postcode == resident.postcode_key,
                resident.postcode_key,
                search.postcode,
                (MatchReason.SAME_POSTCODE, MatchReason.POSTCODE_BEGINS),
            )
        )
    if search.born:
        is_same = search.born == resident.date_of_birth
        parts.append((1.0, MatchReason.SAME_BIRTH_DATE) if is_same else (0.0, None))
    if search.email:
        reasons = (MatchReason.SAME_EMAIL, MatchReason.EMAIL_BEGINS)
        parts.append(_contact_part(search.email == resident.email, resident.email, search.email, reasons))
    counted = (*name, *name, *parts)
    score = sum(score for score, _ in counted) / len(counted)
    return round(score, 3), tuple(why for _, why in (*name, *parts) if why)


def _contact_part(is_same: bool, kept: str, prefix: str, reasons: tuple[MatchReason, MatchReason]) -> Part:
    """How well a contact fits; `reasons` are for the whole of it and for a part."""
    if is_same:
        return 1.0, reasons[0]
    return (0.9, reasons[1]) if kept.startswith(prefix) else (0.0, None)


def _name_part(resident: Searchable, search: SearchText) -> Part:
    """How well the words fit the name. What fits in other letters than it is written in is a guess."""
    written = own_tokens(resident.name)
    heard = () if search.are_heard else tokens_in_latin(resident.name)
    best = [_best_part(word, written, heard) for word in search.words]
    score = sum(part for part, _ in best) / len(best)
    weakest = min(best, key=itemgetter(0))
    fit = score, weakest[1] if score >= 0.5 else None
    return _guessed(fit) if search.are_heard and score >= 0.5 else fit


def _best_part(word: str, written: Sequence[str], heard: Sequence[str]) -> Part:
    parts = (*(_likeness(word, token) for token in written), *(_guessed(_likeness(word, token)) for token in heard))
    return max(parts, key=itemgetter(0), default=NO_PART)


def _guessed(part: Part) -> Part:
    return part[0] * 0.97, MatchReason.OTHER_LETTERS


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


def near_words(word: str, vocabulary: Iterable[str]) -> list[str]:
    """The words of `vocabulary` that are a few typing errors away from `word`, nearest first."""
    allowed = typing_errors_allowed(word)
    distances = ((jellyfish.damerau_levenshtein_distance(word, other), other) for other in vocabulary)
    return [other for _, other in sorted(found for found in distances if found[0] <= allowed)[:NEAR_WORDS]]


def letters_kept(word: str) -> int:
    """How many letters at the beginning of `word`, or else at its end, are right whichever errors were made."""
    return max(1, len(word) // 2 - typing_errors_allowed(word))


def typing_errors_allowed(word: str) -> int:
    """How many wrong letters are tolerated: none in the shortest words, one in ordinary ones, two in long ones."""
    return 0 if len(word) < 3 else 1 if len(word) < 8 else 2
