"""Who a resident is: what they tell us, what they need, and how their name and contacts are kept and compared. Pure.

A name is kept and shown as its owner wrote it, in any script; nothing here decides how. Email addresses, telephone numbers
and postcodes are not about persons alone: their parsers are those of `core.contact_values` and `locations.postcodes`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

import jellyfish
import phonenumbers
from anyascii import anyascii

from core.contact_values import HOME_REGION, postal_of
from core.errors import Invalid, InvalidValue
from core.text import clean_line

BASES = ("parent", "family", "carer", "attorney", "support_worker", "other")
# What a resident may ask whoever wants to reach them.
CONTACT_WISHES = ("do_not_contact", "do_not_text", "leave_no_message", "uses_neutral_name")
CONTACT_PREFERENCES = ("email", "text", "letter", "call", "none")
# In which form somebody reads what we write: empty as it is. HAND_MADE are made by staff; EMAIL_ONLY is email for letters.
LARGE_PRINT, EASY_READ, BRAILLE, AUDIO, EMAIL_ONLY = "large_print", "easy_read", "braille", "audio", "email"
LETTER_FORMATS = ("", LARGE_PRINT, EASY_READ, BRAILLE, AUDIO, EMAIL_ONLY)
HAND_MADE = frozenset({EASY_READ, BRAILLE, AUDIO})
LONGEST_NAME = 200
PHONE_LENGTH = 20
POSTCODE_LENGTH = 10
TOKEN_LENGTH = 100
SOUND_LENGTH = 20
NAME_KEY_LENGTH = 32
# Letters that no Unicode decomposition turns into plain ones.
_SINGLE = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "ħ": "h",
    }
)
# O'Brien is one word; joiners and the Arabic tatweel are no letters.
_JOINERS = re.compile(r"['’‘ʼ`´.·\u200c\u200d\u0640]")
_GAPS = re.compile(r"[\W_]+")
# Read as one word each, these say nothing about who it is.
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "rev"})
_DOUBLED = re.compile(r"(.)\1+")
# Scripts that write a name without a space between its parts: CJK ideographs, kana, Hangul.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,6}")


@dataclass(frozen=True)
class ResidentDetails:
    """A resident as they describe themselves. Only the name is needed; there may be neither email nor telephone.

    `language` is the one that they need an interpreter for. `message_language` is the code of the one in which we write
    to them; empty leaves it as it is. `address` has the lines above the postcode; `letter_format` is one of
    LETTER_FORMATS.
    """

    name: str
    email: str = ""
    phone: str = ""
    postcode: str = ""
    language: str = ""
    support_needs: tuple[str, ...] = ()
    contact_preference: str = "email"
    do_not_text: bool = False
    leave_no_message: bool = False
    message_language: str = ""
    date_of_birth: date | None = None
    address: str = ""
    letter_format: str = ""
    safe_hours: str = ""
    uses_neutral_name: bool = False

    @property
    def postal(self) -> str:
        """The lines of the address and the postcode; empty where it is not whole."""
        return postal_of(self.address, self.postcode)


@dataclass(frozen=True)
class Representation:
    """Who acts for a resident, and on what basis (one of BASES)."""

    name: str
    basis: str
    email: str = ""
    phone: str = ""
    address: str = ""
    postcode: str = ""


class NeedKind(StrEnum):
    """PLACE needs filter sites and resources; ARRANGED ones the council sees to; TIME lengthens the appointment.

    SPOKEN is a language that advisers may speak: it is a skill of theirs, and where none of them is free it is arranged.
    """

    PLACE = "place"
    ARRANGED = "arranged"
    SPOKEN = "spoken"
    TIME = "time"


WELSH = "welsh"  # the meeting in Welsh; the skill of advisers who speak it has the same name
NEEDS: Mapping[str, NeedKind] = {
    "step-free": NeedKind.PLACE,
    "hearing-loop": NeedKind.PLACE,
    "bsl": NeedKind.ARRANGED,
    "language": NeedKind.ARRANGED,
    WELSH: NeedKind.SPOKEN,
    "extra-time": NeedKind.TIME,
}


def place_needs(needs: frozenset[str]) -> frozenset[str]:
    """Those of `needs` that a site or a resource has to offer."""
    return frozenset(code for code in needs if NEEDS.get(code) is NeedKind.PLACE)


def arranged_needs(needs: Iterable[str]) -> tuple[str, ...]:
    """Those of `needs` that the council has to arrange, in the usual order: an interpreter."""
    asked = set(needs)
    return tuple(code for code, kind in NEEDS.items() if kind is NeedKind.ARRANGED and code in asked)


def spoken_needs(needs: Iterable[str]) -> frozenset[str]:
    """Those of `needs` that an adviser meets who speaks the language, and an interpreter else: the meeting in Welsh."""
    return frozenset(code for code in needs if NEEDS.get(code) is NeedKind.SPOKEN)


def interpreted_needs(needs: Iterable[str]) -> tuple[str, ...]:
    """Those of `needs` that take an interpreter where no adviser speaks the language, in the usual order."""
    asked, kinds = set(needs), (NeedKind.ARRANGED, NeedKind.SPOKEN)
    return tuple(code for code, kind in NEEDS.items() if kind in kinds and code in asked)


def needs_asked(first_language: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """The needs that a council with this first language asks for; the meeting in Welsh in Wales. What is `known` stays."""
    kept = {first_language, *known}
    return tuple(code for code in NEEDS if code != WELSH or not kept.isdisjoint(("cy", WELSH)))


def wants_extra_time(needs: frozenset[str]) -> bool:
    """Whether one of `needs` lengthens the appointment."""
    return any(NEEDS.get(code) is NeedKind.TIME for code in needs)


def parse_name(text: str) -> str:
    """The name in `text`, in any script, as its owner wrote it. Raises: InvalidValue, also without a letter or figure."""
    name = clean_line(text, LONGEST_NAME)
    if not any(map(str.isalnum, name)):
        raise InvalidValue.because("name_empty")
    return name


def phone_digits(text: str) -> str:
    """The digits of a telephone number with its country code: "07700 900123" is "447700900123". Empty for no digits."""
    digits = "".join(str(unicodedata.digit(character)) for character in text if character.isdigit())
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        return digits
    if phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE:
        return f"{number.country_code}{number.national_number}"
    return digits


def phone_key(text: str) -> str:
    """The digits of a telephone number from the last to the first, so that its last digits find it by prefix."""
    return phone_digits(text)[::-1][:PHONE_LENGTH]


def postcode_key(text: str) -> str:
    """A postcode, or the beginning of one, in capitals without spaces: "n12 9" is "N129"."""
    return "".join(character for character in text.upper() if character.isalnum())[:POSTCODE_LENGTH]


def email_key(text: str) -> str:
    """An email address as it is compared: trimmed, in one Unicode form, in lower case. Empty for none."""
    return unicodedata.normalize("NFC", text.strip()).lower()


def fold(text: str) -> str:
    """`text` without case, accents or apostrophes: "Łukasz O’Brien" is "lukasz obrien". Scripts stay as they are."""
    plain = _JOINERS.sub("", text).casefold()
    if plain.isascii():
        return plain
    decomposed = unicodedata.normalize("NFKD", plain)
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return unicodedata.normalize("NFC", bare.translate(_SINGLE))


def name_tokens(name: str) -> tuple[str, ...]:
    """The words of `name`, folded, in order, without titles (unless there is nothing else)."""
    words = tuple(word[:TOKEN_LENGTH] for word in _GAPS.split(fold(name)) if word)
    return tuple(word for word in words if word not in _TITLES) or words


def surname_of(name: str) -> str:
    """The last word of `name`, as written; a one-word name is its own surname."""
    words = name.split()
    return words[-1] if words else ""


@lru_cache(maxsize=20_000)
def sound_of(token: str) -> str:
    """How a folded word in Latin letters sounds: "kathryn" and "catherine" are both "K0RN". Empty for other scripts."""
    if not token.isascii():
        return ""
    return str(jellyfish.metaphone(token)).replace(" ", "")[:SOUND_LENGTH]


def similarity(one: str, other: str) -> float:
    """How alike two folded words or names are, 0 to 1 (Jaro-Winkler)."""
    return float(jellyfish.jaro_winkler_similarity(one, other))


def is_closely_same(one: str, other: str) -> bool:
    """Whether two names, given with the same email or telephone, are one person's.

    The same words in any order; initials and doubled letters do not count ("Mohamed A. Ali", "Ali Mohammed"). No more
    than that: families share an email, and "Marie" is not "Maria". Two records of one person are a nuisance that staff
    can see; one record of two people tells one where the other will be.
    """
    return bool(name_key(one)) and name_key(one) == name_key(other)


def name_key(name: str) -> str:
    """What closely the same names have in common: a digest of 32 characters, or nothing for a name without a word."""
    comparable = " ".join(_comparable(name))
    return hashlib.sha256(comparable.encode()).hexdigest()[:NAME_KEY_LENGTH] if comparable else ""


def _comparable(name: str) -> list[str]:
    words = name_tokens(name)
    longer = [word for word in words if len(word) > 1 or not word.isascii()]
    return sorted(_DOUBLED.sub(r"\1", word) for word in (longer if len(longer) > 1 else words))


def index_tokens(name: str) -> tuple[str, ...]:
    """The words by which `name` is found: as it is written, and in Latin letters."""
    return tuple(dict.fromkeys((*own_tokens(name), *tokens_in_latin(name))))


def own_tokens(name: str) -> tuple[str, ...]:
    """The words of `name`, those with a hyphen as one word too ("Al-Khatib" as "alkhatib"), and where a script has no
    spaces the ends of each word.
    """
    words = name_tokens(name)
    joined = ("".join(name_tokens(word))[:TOKEN_LENGTH] for word in name.split() if len(name_tokens(word)) > 1)
    ends = (word[start:] for word in words if _UNSPACED.fullmatch(word) for start in range(1, len(word)))
    return tuple(dict.fromkeys((*words, *joined, *ends)))


def tokens_in_latin(name: str) -> tuple[str, ...]:
    """What those words of `name` that are in other letters are in Latin ones; also without an h at the end, which is not
    heard: "فاطمة" is "ftmh" and "ftm", which sounds as "Fatima" does.
    """
    latin = (in_latin(token) for token in own_tokens(name) if in_latin(token) != token)
    return tuple(dict.fromkeys(form for word in latin for form in (word, word.removesuffix("h")) if form))


def in_latin(token: str) -> str:
    """A folded word in Latin letters: "иванов" is "ivanov", "小明" is "xiaoming". As it is where no letter is known."""
    return token if token.isascii() else "".join(name_tokens(anyascii(token)))[:TOKEN_LENGTH] or token


def missing_contact(mode: str, *, email: str, phone: str) -> str:
    """What a visit in this mode cannot take place without, "email" or "phone"; empty when it is there or not needed."""
    needed = {"phone": ("phone", phone), "video": ("email", email)}.get(mode)
    return needed[0] if needed and not needed[1] else ""


def check_reach(mode: str, *, email: str, phone: str) -> None:
    """Raises: Invalid when nobody could be rung, or be sent the link, for a visit in this mode."""
    missing = missing_contact(mode, email=email, phone=phone)
    if missing:
        raise Invalid.in_field(missing, "no_phone_to_ring" if missing == "phone" else "no_email_for_video")


def check_reached(resident: ResidentDetails, helper: Representation | None, mode: str) -> None:
    """Raises: Invalid when a visit by phone or video would reach neither."""
    people = [person for person in (resident, helper) if person is not None]
    email = next((person.email for person in people if person.email), "")
    check_reach(mode, email=email, phone=next((person.phone for person in people if person.phone), ""))
