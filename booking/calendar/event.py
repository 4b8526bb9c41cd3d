"""An appointment as a calendar shows it: the same event in a message, a download and a feed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from booking.calendar.ical import CalendarEvent, uid_of
from core.language import Language
from core.tokens import spoken_reference
from locations.model import AuthorityFacts, ServiceFacts, SiteFacts

ALARM_MINUTES = 120  # as the last reminder of the default plan


class Shown(Protocol):
    """What an event needs of an appointment; views and message facts both have it."""

    @property
    def reference(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def changed_at(self) -> datetime: ...
    @property
    def site(self) -> SiteFacts: ...
    @property
    def services(self) -> Sequence[ServiceFacts]: ...


def appointment_event(
    appointment: Shown,
    authority: AuthorityFacts,
    language: Language,
    *,
    public_url: str,
    manage_url: str = "",
    organizer_email: str = "",
    attendee: tuple[str, str] = ("", ""),
) -> CalendarEvent:
    """The event of an appointment for the person it is for. `attendee` is name and email.

    It holds nothing about the resident but what is given: without `manage_url` and `attendee` it may be shown to staff.
    """
    what = language.all_of([service.name for service in appointment.services])
    return CalendarEvent(
        uid=uid_of(appointment.reference, urlsplit(public_url).hostname or "localhost"),
        sequence=appointment.version,
        changed_at=appointment.changed_at,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        zone=authority.zone,
        summary=f"{what}, {authority.name}",
        description=_description(appointment, language, manage_url),
        location=", ".join(place_lines(appointment, language)),
        url=manage_url,
        organizer_name=authority.name,
        organizer_email=authority.email or organizer_email,
        attendee_name=attendee[0],
        attendee_email=attendee[1],
        alarm_minutes=ALARM_MINUTES,
        is_cancelled=appointment.state.startswith("cancelled"),
    )


def documents_of(services: Sequence[ServiceFacts]) -> list[str]:
    """What to bring to a visit, each once, in the services' own order."""
    return list(dict.fromkeys(document for service in services for document in service.documents))


def place_lines(appointment: Shown, language: Language) -> list[str]:
    """Where to go, line by line; for a telephone or video appointment, how it is held."""
    if appointment.mode == "phone":
        return [language.gettext("By telephone")]
    if appointment.mode == "video":
        return [language.gettext("By video"), appointment.site.name]
    return [appointment.site.name, *address_lines(appointment.site)]


def address_lines(site: SiteFacts) -> list[str]:
    """The site's address, line by line, the postcode last and only once."""
    lines = [line.strip(" ,") for line in site.address.splitlines() if line.strip(" ,")]
    if site.postcode and not any(site.postcode in line for line in lines):
        lines.append(site.postcode)
    return lines


def _description(appointment: Shown, language: Language, manage_url: str) -> str:
    _ = language.gettext
    lines = [_("Reference: %(reference)s", reference=spoken_reference(appointment.reference))]
    documents = documents_of(appointment.services)
    if documents:
        heading = _("What to bring") if appointment.mode == "in_person" else _("What to have ready")
        lines += ["", heading, *(f"- {document}" for document in documents)]
    if appointment.site.directions and appointment.mode == "in_person":
        lines += ["", appointment.site.directions]
    if manage_url:
        lines += ["", _("Change or cancel the appointment:"), manage_url]
    return "\n".join(lines)
