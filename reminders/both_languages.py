"""One message in two languages, of which the first comes first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from booking.calendar.ical import CalendarEvent
from booking.missing.missing_counts import document_names, document_words
from locations.model import ServiceFacts
from locations.own_words import words_in
from reminders.delivery_decisions import MessageFacts

PLACES = ("first", "last")  # where each of two languages stands in a message, for its templates
# What stands between two parts of an email.
BETWEEN = {"subject": " / ", "text": "\n* * *\n\n", "html": ""}


def in_both_languages(events: Sequence[CalendarEvent]) -> CalendarEvent:
    """One event of those in one or two languages."""
    return replace(
        events[0],
        summary=_each_once(" / ", [event.summary for event in events]),
        description=_each_once("\n\n", [event.description for event in events]),
        location=_each_once(" / ", [event.location for event in events]),
        join_label=_each_once(" / ", [event.join_label for event in events]),
        alarms=tuple(
            replace(same[0], text=_each_once(" / ", [alarm.text for alarm in same]))
            for same in zip(*(event.alarms for event in events), strict=True)
        ),
    )


def _each_once(between: str, texts: Sequence[str]) -> str:
    return between.join(dict.fromkeys(text for text in texts if text))


def facts_in(facts: MessageFacts, code: str) -> MessageFacts:
    """The facts with the council's own words in the language of `code`."""
    offer = replace(facts.offer, site=words_in(facts.offer.site, code)) if facts.offer else None
    services = tuple(words_in(service, code) for service in facts.services)
    authority, site = words_in(facts.authority, code), words_in(facts.site, code)
    others = tuple(facts_in(one, code) for one in facts.same_day)
    missing = documents_in(facts.missing_before, facts.services, services)
    of_council: dict[str, Any] = {"authority": authority, "site": site, "services": services, "missing_before": missing}
    after = replace(facts.after, done=done_in(facts.after.done, facts.services, services))
    return replace(facts, **of_council, offer=offer, same_day=others, after=after)


def done_in(line: str, services: Sequence[ServiceFacts], translated: Sequence[ServiceFacts]) -> str:
    """The line of what was done, as the services have it in the language of `translated`; another one stays as it is."""
    pairs = zip(services, translated, strict=True)
    each = (zip(one.done_lines, other.done_lines, strict=False) for one, other in pairs)
    return {old: new for lines in each for old, new in lines}.get(line, line)


def documents_in(
    names: Sequence[str], services: Sequence[ServiceFacts], translated: Sequence[ServiceFacts]
) -> tuple[str, ...]:
    """Documents of the services by their names in the language of `translated`; another one stays as somebody wrote it."""
    pairs = zip(services, translated, strict=True)
    each = ((document_names(one), document_words(other)) for one, other in pairs)
    words = {old: new for here, there in each for old, new in zip(here, there, strict=False)}
    return tuple(words.get(name, name) for name in names)
