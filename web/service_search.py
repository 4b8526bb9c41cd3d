"""Services by the words in which people look for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from unicodedata import combining, normalize

from locations.model import ServiceFacts

# Words that say nothing about what somebody needs.
_EMPTY = frozenset(
    "a about all am an and any appointment are at be been book booking but by can cannot cant could do does"
    " for from get go got had has have having help her him his how i im in is isnt it its ive just know like me"
    " my need not of on or our out please see she he should so some somebody someone something that the their"
    " them there they this to too up us want was we what when where which who will with would you your no".split()
)
# Whoever looks for what follows a death is offered nothing else, a birth least of all.
_LOSS = frozenset(
    "death deaths dead died die dies dying deceased funeral funerals bereaved bereavement burial cremation"
    " stillborn stillbirth miscarriage".split()
)
_ENDINGS = ("ing", "ies", "ied", "ed", "es", "s", "e", "y")
_SHORTEST_STEM = 3
# What a word counts for that stands in the name or another name of a service, in its topic, or in its summary.
_NAME, _TOPIC, _SUMMARY = 4, 2, 1
# Of the best match: what fits less than this only shares a common word with what was looked for.
_LEAST_SHARE = 0.25
_WORD = re.compile(r"\w+")


def searchable_text(service: ServiceFacts) -> str:
    """The words by which a service is found: its name, topic and summary, and what else people call it."""
    return " ".join((service.name, service.topic, service.summary, *service.also_called))


def services_named(services: Sequence[ServiceFacts], wanted: str) -> tuple[ServiceFacts, ...]:
    """The services that share a word with `wanted`, those that fit best first.

    A word that few services have says more than one that many have. Endings, accents and words such as "my" do not count.
    """
    words = _words(wanted)
    stems = {_stem(word) for word in words if word not in _EMPTY} or {_stem(word) for word in words}
    counts = {service.id: _counts(service, stems) for service in services}
    shared = {stem: sum(stem in counted for counted in counts.values()) for stem in stems}
    scores = {
        service.id: sum(count / shared[stem] for stem, count in counted.items()) + _NAME * _has_phrase(service, words)
        for service, counted in ((service, counts[service.id]) for service in services if counts[service.id])
    }
    best = max(scores.values(), default=0)
    found = [service for service in services if scores.get(service.id, 0) > best * _LEAST_SHARE]
    of_loss = {_stem(word) for word in words if word in _LOSS}
    found = [service for service in found if _is_named(service, of_loss)] or found
    return tuple(sorted(found, key=lambda service: -scores[service.id]))


def _is_named(service: ServiceFacts, stems: Iterable[str]) -> bool:
    """Whether one of `stems` stands in the name or another name of `service`."""
    named = {_stem(word) for name in (service.name, *service.also_called) for word in _words(name)}
    return any(_is_beginning(stem, other) for stem in stems for other in named)


def _counts(service: ServiceFacts, stems: Iterable[str]) -> dict[str, int]:
    """What each of `stems` that stands somewhere in the texts of `service` counts for, at its best place."""
    texts = ((_NAME, (service.name, *service.also_called)), (_TOPIC, (service.topic,)), (_SUMMARY, (service.summary,)))
    found: dict[str, int] = {}
    for count, parts in texts:
        of_text = {_stem(word) for part in parts for word in _words(part)}
        for stem in stems:
            if stem not in found and any(_is_beginning(stem, other) for other in of_text):
                found[stem] = count
    return found


def _has_phrase(service: ServiceFacts, words: Sequence[str]) -> bool:
    """Whether the words stand one after the other in a text of `service`."""
    return f" {' '.join(words)} " in f" {' '.join(_words(searchable_text(service)))} "


def _is_beginning(stem: str, other: str) -> bool:
    return stem == other or (len(stem) >= _SHORTEST_STEM and other.startswith(stem))


def _words(text: str) -> list[str]:
    """The words of `text` without apostrophes and accents, in small letters."""
    plain = "".join(character for character in normalize("NFKD", text) if not combining(character))
    return _WORD.findall(plain.casefold().replace("'", "").replace("’", ""))


def _stem(word: str) -> str:
    """`word` without the ending that its number or its tense gives it: "taxes" and "tax", "moving" and "move"."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word
