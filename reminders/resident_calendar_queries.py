"""The calendar of a resident: all their appointments that are told to one email address, as messages tell them.

It holds no link that could change anything: a calendar is read on shared screens, and kept by companies.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from booking.calendar.event import Audience, appointment_event
from booking.calendar.ical import CalendarEvent, feed_file
from booking.calendar.need_lines import need_lines
from booking.queries.resident_feeds import ResidentFeedView, shown_ids
from booking.tables import Appointment
from core.language import DEFAULT_LANGUAGE, Language, language_for
from core.settings import Settings
from locations.catalogue_queries import catalogue_by_id
from locations.own_words import languages_for, words_in
from reminders.appointment_queries import message_facts
from reminders.both_languages import facts_in, in_both_languages
from reminders.delivery_decisions import MessageFacts
from reminders.outbox import input_of, planning_rows


def resident_calendar(db: Session, feed: ResidentFeedView, settings: Settings, now: datetime) -> str:
    """The calendar file of the feed; without events where nothing is told to its reader any more."""
    ids = _told_to_reader(db, feed, shown_ids(db, feed, now))
    facts = message_facts(db, ids) if ids else {}
    authority = catalogue_by_id(db, feed.authority_id).authority
    events = tuple(_event(facts[id_], settings) for id_ in ids)
    codes = languages_for(authority, next((one.contacts.language for one in facts.values()), DEFAULT_LANGUAGE))
    languages = [language_for(code) for code in codes]
    titles = (_title(str(words_in(authority, language.code).name), language) for language in languages)
    title = " / ".join(dict.fromkeys(titles))
    return feed_file(events, title)


def _told_to_reader(db: Session, feed: ResidentFeedView, ids: Sequence[int]) -> list[int]:
    """Those of the appointments whose email goes to the reader of the feed, in their order."""
    rows = db.execute(planning_rows().where(Appointment.id.in_(ids))).all() if ids else ()
    told = {row.id for row in rows if feed.is_read_by(input_of(row, db).mail_address)}
    return [id_ for id_ in ids if id_ in told]


def _event(facts: MessageFacts, settings: Settings) -> CalendarEvent:
    """The event as messages have it, in one language or two, without the link that could change it."""
    codes = languages_for(facts.authority, facts.contacts.language)
    return in_both_languages([_event_in(facts, language_for(code), settings) for code in codes])


def _event_in(facts: MessageFacts, language: Language, settings: Settings) -> CalendarEvent:
    said = facts if language.code == DEFAULT_LANGUAGE else facts_in(facts, language.code)
    return appointment_event(
        said,
        said.authority,
        Audience.RESIDENT,
        language,
        public_url=settings.public_url,
        mail_from=settings.mail_from,
        needs=need_lines(said, language),
        owner_since=said.owner_since,
        acts_for=said.contacts.resident.name if said.contacts.representative else "",
    )


def _title(council: str, language: Language) -> str:
    return language.gettext("Appointments, %(council)s", council=council)
