"""One text with less and less of it, until it fits. Pure.

The date, the time, the place, the link and whose text it is are in every version. The name of the person goes first, then
what can be read behind the link, then the words that invite replies. The names of places are shortened last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from anyascii import anyascii

from reminders.text_message import TextMessage

SHORTENED, SHORTEST = 24, 12  # characters of a long name
_OF_ANY_COUNCIL = frozenset(
    "council county borough city district metropolitan royal london of the and & "
    "cyngor sir bwrdeistref dinas fwrdeistref ddinas sirol a".split()
)
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)")
_LEFT_OPEN = re.compile(r"[\s,;:&/-]+$|\s+(and|of|the|a|ac|y|yr)$", re.IGNORECASE)


def shorter_and_shorter(message: TextMessage, usual_name: str, *, is_reminder: bool) -> Iterator[TextMessage]:
    """`message`, and again and again with less of it. `usual_name` is what any appointment is called.

    Only a reminder has names of places shortened: it may not be longer than two segments, whatever it costs.
    """
    yield message
    steps: tuple[dict[str, Any], ...] = (
        {"name": ""},
        {"directions": ""},
        {"contact": message.contact if message.answer or not message.url else ""},
        {"missed_cost": ""},
        {"asked": ""},
        {"address": ""},
        {"earlier_when": "", "newer_when": ""},
        {"what": usual_name, "visits": tuple(replace(one, what="") for one in message.visits)},
        {"council": _IN_BRACKETS.sub("", message.council) or message.council},
        {"is_brief": True},
        {"answers": False},
        {"council": council_in_few_words(message.council)},
        {"visits": _with_one_link(message)},
        {"welcomes_welsh": False},
        {"stop": ""},
    )
    of_reminders: tuple[dict[str, Any], ...] = (
        {"site": shortened(message.site), "visits": _with_short_places(message, SHORTENED)},
        {"site": shortened(message.site, SHORTEST), "visits": _with_short_places(message, SHORTEST)},
        {"council": shortened(council_in_few_words(message.council), SHORTEST)},
        {"council": _in_latin(message.council), "site": _in_latin(message.site)},
    )
    for less in (*steps, *(of_reminders if is_reminder else ())):
        message = replace(message, **less)
        yield message


def _in_latin(name: str) -> str:
    """A name in letters of which a segment holds twice as many, for one that would need a third segment as it is."""
    return shortened(" ".join(anyascii(name).split()), SHORTEST)


def _with_one_link(message: TextMessage) -> tuple[Any, ...]:
    first, others = message.visits[:1], message.visits[1:]
    return tuple(replace(one, what="") for one in first) + tuple(replace(one, what="", url="") for one in others)


def _with_short_places(message: TextMessage, longest: int) -> tuple[Any, ...]:
    return tuple(replace(one, place=shortened(one.place, longest)) for one in _with_one_link(message))


def council_in_few_words(name: str) -> str:
    """The words by which people know a council, of a long name: "Rhondda Cynon Taf"."""
    name = _IN_BRACKETS.sub("", name) or name
    own = " ".join(word for word in name.split() if word.lower().strip(",.") not in _OF_ANY_COUNCIL)
    return shortened(own or name)


def shortened(name: str, longest: int = SHORTENED) -> str:
    """A long name without what it has in brackets, or its first words: "High Street Library and.."."""
    name = _IN_BRACKETS.sub("", name) or name
    if len(name) <= longest:
        return name
    words = name[: longest - 1].rpartition(" ")[0]
    kept = words if len(words) * 2 >= longest else name[: longest - 2]
    return f"{_LEFT_OPEN.sub('', kept)}.."
