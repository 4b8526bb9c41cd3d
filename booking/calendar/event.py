"""An appointment as a calendar shows it, and what it is called where others may read it: for messages, downloads, feeds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parseaddr
from enum import Enum, auto
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from booking.calendar.appointment_facts import AppointmentFacts, PhoneCall
from booking.calendar.ical import CalendarAlarm, CalendarEvent, uid_of
from booking.states import CANCELLED
from core.contact_lines import contact_lines
from core.language import Language
from core.personal_data import mask_phone
from core.tokens import spoken_reference
from locations.model import AuthorityFacts, ResourceFacts, ServiceFacts, SiteFacts

TO_THE_PERSON = re.compile(r"\b(?:you|yours?)\b", re.IGNORECASE)
DAY_MINUTES, LAST_MINUTES = 24 * 60, 120  # the day before, and as the last reminder of the default plan


class Audience(Enum):
    """Who reads the calendar."""

    RESIDENT = auto()  # whom the appointment is for, or who acts for them
    STAFF = auto()  # calendars that the council does not run: nothing about the resident


def is_by_phone(appointment: AppointmentFacts) -> bool:
    """Whether it is held by telephone: it was booked so, or the video does not work for somebody."""
    return appointment.mode == "phone" or appointment.is_rung_instead


def phone_call(appointment: AppointmentFacts) -> PhoneCall | None:
    """The call of an appointment that is held by telephone; None for another."""
    if not is_by_phone(appointment):
        return None
    site, earliest = appointment.site, appointment.starts_at
    latest = earliest + timedelta(minutes=site.ring_minutes)
    return PhoneCall(appointment.number_to_ring, earliest, latest, site.rings_from)


def appointment_event(
    appointment: AppointmentFacts,
    authority: AuthorityFacts,
    audience: Audience,
    language: Language,
    *,
    public_url: str,
    mail_from: str = "",
    manage_url: str = "",
    attendee: tuple[str, str] = ("", ""),
    acts_for: str = "",
    needs: Sequence[str] = (),
    resources: Sequence[ResourceFacts] = (),
    owner_since: int = 1,
) -> CalendarEvent:
    """The event of an appointment for an audience; of a resident's own, `owner_since` counts from the last hand-over.

    `manage_url`, `attendee` (name and email) and `needs` (in words) are for residents only, `resources` (what it occupies)
    for staff only; the other audience's event never holds them. `acts_for` is the resident's name, where it is for who acts
    for them. `mail_from` is the sender of messages, for councils without an address.
    """
    event = _bare_event(appointment, authority.zone, language, public_url)
    if audience is Audience.STAFF:
        return _for_staff(event, appointment, language, resources)
    summary = f"{event.summary}, {authority.name}"
    return replace(
        event,
        uid=uid_of(appointment.reference, public_url, owner_since),
        summary=summary,
        description=_description(appointment, authority, language, manage_url, needs, acts_for=acts_for),
        **_where(appointment, language, manage_url),
        organizer_name=authority.name,
        organizer_email=authority.email or _address_in(mail_from),
        attendee_name=attendee[0],
        attendee_email=attendee[1],
        alarms=_alarms(summary, language),
    )


def _where(appointment: AppointmentFacts, language: Language, manage_url: str) -> dict[str, Any]:
    """Where to go. A video is joined from wherever a program looks: programs differ in that."""
    join_url, label = appointment.join_url, language.gettext("Join the video")
    if appointment.state in CANCELLED or not join_url or is_by_phone(appointment):
        return {"location": ", ".join(place_lines(appointment, language)), "url": manage_url}
    return {"location": join_url, "url": join_url, "join_url": join_url, "join_label": label}


def _alarms(summary: str, language: Language) -> tuple[CalendarAlarm, ...]:
    """What the calendar of a resident says before the appointment."""
    return (
        CalendarAlarm(DAY_MINUTES, language.gettext("Tomorrow: %(what)s", what=summary)),
        CalendarAlarm(LAST_MINUTES, language.gettext("In 2 hours: %(what)s", what=summary)),
    )


def _bare_event(appointment: AppointmentFacts, zone: str, language: Language, public_url: str) -> CalendarEvent:
    """What every audience sees alike."""
    return CalendarEvent(
        uid=uid_of(appointment.reference, public_url),
        sequence=appointment.version,
        changed_at=appointment.changed_at,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        zone=zone,
        summary=language.all_of(dict.fromkeys(service.name for service in appointment.services)),
        is_cancelled=appointment.state in CANCELLED,
    )


@lru_cache(maxsize=16)
def _address_in(mail_from: str) -> str:
    return parseaddr(mail_from)[1]


def _for_staff(
    event: CalendarEvent, appointment: AppointmentFacts, language: Language, resources: Sequence[ResourceFacts]
) -> CalendarEvent:
    where = ", ".join(resource.name for resource in resources)
    _ = language.gettext
    how = {"video": _("By video"), "phone": _("By phone")}.get(appointment.mode, "")
    return replace(
        event,
        summary=", ".join(part for part in (event.summary, where, how) if part),
        description=_reference_line(appointment, language),
        location=appointment.site.name,
    )


def place_lines(appointment: AppointmentFacts, language: Language) -> list[str]:
    """Where to go, line by line; for a telephone or video appointment, how it is held."""
    if is_by_phone(appointment):
        return [language.gettext("By telephone")]
    if appointment.mode == "video":
        return [language.gettext("By video"), appointment.site.name]
    return [appointment.site.name, *address_lines(appointment.site)]


def remote_lines(
    appointment: AppointmentFacts, authority: AuthorityFacts, language: Language, *, for_helper: bool = False
) -> list[str]:
    """How a video is joined, or which number is rung and when, and what if the call is missed. Empty for a place."""
    _ = language.gettext
    if appointment.mode == "video" and not appointment.is_rung_instead:
        return _video_lines(appointment.join_url, language)
    call = phone_call(appointment)
    if call is None:
        return []
    zone = ZoneInfo(authority.zone)
    earliest, latest = (language.time(at.astimezone(zone)) for at in (call.earliest, call.latest))
    times = {"earliest": earliest, "latest": latest}
    if for_helper:
        when = _("We will ring between %(earliest)s and %(latest)s.", **times)
    else:
        when = _("We will ring you between %(earliest)s and %(latest)s.", **times)
    number = mask_phone(call.number)
    to = _("We ring this number: %(number)s.", number=number) if number else _("We have no number to ring.")
    number_of_ours = call.rings_from or _("a number that may be withheld")
    return [
        when,
        to,
        _("We ring from %(number)s.", number=number_of_ours),
        *_if_missed(authority, language, for_helper=for_helper),
    ]


def _video_lines(join_url: str, language: Language) -> list[str]:
    _ = language.gettext
    if join_url:
        return [_("Join the video here, a few minutes before the time:"), join_url]
    return [_("Contact us to ask how to join the video.")]


def _if_missed(authority: AuthorityFacts, language: Language, *, for_helper: bool) -> list[str]:
    _ = language.gettext
    if contact_lines(authority, language):
        if for_helper:
            return [_("If the call is missed, contact us: we will find another time.")]
        return [_("If you miss the call, contact us: we will find another time.")]
    if for_helper:
        return [_("If the call is missed, we try once more.")]
    return [_("If you miss the call, we try once more.")]


def address_lines(site: SiteFacts) -> list[str]:
    """The site's address, line by line, the postcode last and only once."""
    lines = [line.strip(" ,") for line in site.address.splitlines() if line.strip(" ,")]
    if site.postcode and not any(site.postcode in line for line in lines):
        lines.append(site.postcode)
    return lines


def _description(
    appointment: AppointmentFacts,
    authority: AuthorityFacts,
    language: Language,
    manage_url: str,
    needs: Sequence[str],
    *,
    acts_for: str,
) -> str:
    _, for_helper = language.gettext, bool(acts_for)
    lines = [_reference_line(appointment, language)]
    if appointment.state not in CANCELLED:
        lines += remote_lines(appointment, authority, language, for_helper=for_helper)
    if needs and appointment.state not in CANCELLED:
        lines += ["", _("Help they need") if for_helper else _("Help you need"), *(f"- {need}" for need in needs)]
    papers = papers_of(appointment.services)
    if papers:
        heading = _("What to bring") if appointment.mode == "in_person" else _("What to have ready")
        lines += ["", heading, *paper_lines(papers, acts_for=acts_for, language=language)]
    if appointment.mode == "in_person":
        site = appointment.site
        lines += [line for words in (site.opening_words, site.directions) if words for line in ("", words)]
    if appointment.state not in CANCELLED:
        lines += [*_how_to_contact(authority, language), ""]
        lines += _how_to_cancel(authority, language, manage_url, for_helper=for_helper)
    return "\n".join(lines)


def _how_to_contact(authority: AuthorityFacts, language: Language) -> list[str]:
    lines = [f"- {line}" for line in contact_lines(authority, language)]
    return ["", language.gettext("How to contact us:"), *lines] if lines else []


def _how_to_cancel(authority: AuthorityFacts, language: Language, manage_url: str, *, for_helper: bool) -> list[str]:
    """How to change it, and that an answer in the calendar does not: nobody reads those."""
    _ = language.gettext
    if for_helper:
        answers = _(
            "If you delete this, or answer “No”, in your calendar, we do not know. The appointment stays booked."
        )
    else:
        answers = _("If you delete this, or answer “No”, in your calendar, we do not know. You are still booked.")
    if manage_url:
        return [_("Change or cancel the appointment:"), manage_url, answers]
    if contact_lines(authority, language):
        how = _("To change or cancel it, use the link in our message or contact us.")
    else:
        how = _("To change or cancel it, use the link in our message.")
    return [how, answers]


def _reference_line(appointment: AppointmentFacts, language: Language) -> str:
    return language.gettext("Reference: %(reference)s", reference=spoken_reference(appointment.reference))


@dataclass(frozen=True, slots=True)
class Papers:
    """What to bring for a service. `service` is its name where the visit has others beside it, else empty."""

    service: str
    documents: tuple[str, ...]


def papers_of(services: Sequence[ServiceFacts]) -> tuple[Papers, ...]:
    """What to bring to a visit, by service: "their certificate" of one is unclear beside "your passport" of another."""
    return tuple(
        Papers(service.name if len(services) > 1 else "", tuple(dict.fromkeys(service.papers)))
        for service in services
        if service.papers
    )


def means_somebody_else(papers: Sequence[Papers]) -> bool:
    """Whether the papers speak to the person whom they belong to, which a helper has to be told."""
    return any(TO_THE_PERSON.search(document) for paper in papers for document in paper.documents)


def paper_lines(papers: Sequence[Papers], *, acts_for: str, language: Language) -> list[str]:
    """The papers as lines of plain text, for whom they are told to, or who acts for the person of this name."""
    lines = []
    if acts_for and means_somebody_else(papers):
        lines.append(language.gettext("In this list, “you” is %(name)s.", name=acts_for))
    for paper in papers:
        lines += [f"{paper.service}:"] * bool(paper.service)
        lines += [f"- {document}" for document in paper.documents]
    return lines
