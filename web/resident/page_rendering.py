"""Residents' pages: a template with the values that every such page uses, and how a visit is shown, booked or not."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Response, render_template
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l

from booking.availability.notice import arranged_from
from booking.calendar.event import remote_lines
from booking.calendar.need_lines import ChosenNeeds, chosen_needs, is_asked, is_not_possible, need_lines
from booking.counted import CountedService, counted_services, minutes_of
from booking.queries.appointments import AppointmentView
from booking.queries.slots import open_dates
from booking.slot_tokens import Counts, SlotKey
from booking.states import CANCELLED, State
from core.personal_data import mask_email, mask_phone, mask_postal
from core.wall_clock import instant_of
from locations.catchment import catchment_of
from locations.model import Catalogue, ServiceFacts, SiteFacts
from locations.own_words import topic_in
from people.residents.details import arranged_needs, needs_asked, spoken_needs
from web import labels
from web.message_routes import reminder_text
from web.page_context import PageContext
from web.request_language import current_language, only_in_english
from web.resident.search_state import SearchState, services_of, slot_query_of
from web.response_headers import allow_private_cache

# OpenStreetMap needs no account and no script; the link opens with the postcode searched for.
MAP_URL = "https://www.openstreetmap.org/search"
UNMET_NEEDS: labels.Labels = {
    "step-free": _l("This place has no step-free access."),
    "hearing-loop": _l("This place has no hearing loop."),
    "extra-time": _l("Your appointment is not long enough for extra time."),
}
DAYS_AHEAD = 28  # in which everything is open once
REMOTE_VISITS = {"phone": _l("By phone."), "video": _l("By video.")}
# By the ways besides coming in person: the sentence where people can come, too, and where they cannot.
REMOTE_MODES = {
    frozenset({"phone", "video"}): (_l("You can also do this by phone or video."), _l("We do this by phone or video.")),
    frozenset({"phone"}): (_l("You can also do this by phone."), _l("We do this by phone.")),
    frozenset({"video"}): (_l("You can also do this by video."), _l("We do this by video.")),
}


def show(template: str, context: PageContext, **values: Any) -> str:
    """The HTML of `template`; `has_errors` in the title follows from the form."""
    form = values.get("form")
    values.setdefault("has_errors", bool(form is not None and form.errors))
    return render_template(
        f"resident/{template}.html",
        authority=context.authority,
        base=context.base,
        zone=context.authority.zone,
        labels=labels,
        unmet_texts=UNMET_NEEDS,
        needs_text=needs_text,
        need_lines=lambda view: need_lines(view, current_language()),
        is_asked=is_asked,
        asks_for_interpreter=arranged_needs,
        spoken_needs=spoken_needs,
        asked_needs=partial(needs_asked, context.authority.first_language),
        is_not_possible=is_not_possible,
        parts_of=parts_of,
        state_label=state_label,
        map_url=map_url,
        catchment_of=catchment_of,
        place_label=place_label,
        topic_name=lambda service: topic_in(service, current_language().code),
        place_in_sentence=place_in_sentence,
        remote_text=remote_text,
        remote_lines=lambda view: remote_lines(view, context.authority, current_language()),
        separate_postcode=separate_postcode,
        outward_like=outward_of(postcode_like(context.catalogue)),
        reminder_text=reminder_text,
        mask_email=mask_email,
        mask_phone=mask_phone,
        mask_postal=mask_postal,
        **values,
    )


def show_search(template: str, context: PageContext, search: SearchState, **values: object) -> Response:
    """A page of a search for the services that `search` names. A browser may keep it, nobody between."""
    services = services_of(context.catalogue, search)
    names = " + ".join(service.name for service in services)
    values["can_wait"] = (
        not search.moving and search.invitation is None and not any(one.case_number for one in services)
    )
    values["first_day"] = _first_day_with_interpreter(context, search) if arranged_needs(search.needs) else None
    page = Response(show(template, context, search=search, service_names=names, **values))
    if values.get("adviser"):  # whose adviser it is, a shared computer shows to nobody else
        return page
    return allow_private_cache(page)


def _first_day_with_interpreter(context: PageContext, search: SearchState) -> date:
    """The first day on which the visit is held anywhere, after the time that it takes to find an interpreter."""
    first = arranged_from(context.authority, context.now).astimezone(ZoneInfo(context.authority.zone)).date()
    days = [first + timedelta(days=number) for number in range(DAYS_AHEAD)]
    if not services_of(context.catalogue, search):
        return first
    return min(open_dates(context.catalogue, slot_query_of(context.catalogue, search), days), default=first)


def postcode_like(catalogue: Catalogue) -> str:
    """A postcode that people here know, as an example: that of the first site with one, or nothing."""
    return next((site.postcode for site in catalogue.sites if site.postcode), "")


def outward_of(postcode: str) -> str:
    """The first half of a whole postcode: "N12" of "N12 0GA"."""
    return "".join(postcode.split())[:-3]


def needs_text(codes: Iterable[str], language: str = "", spoken: Collection[str] | None = None) -> str:
    """The support needs that are asked for, in a line; `language` is the one that somebody needs an interpreter for.

    With a time that may be chosen, `spoken` has the languages that an adviser speaks then.
    """
    needs = tuple(codes)
    asked = ChosenNeeds(needs, language, {}) if spoken is None else chosen_needs(needs, language, spoken)
    return "; ".join(need_lines(asked, current_language())) or str(gettext("None"))


def state_label(state: State) -> str:
    """The state as a resident understands it."""
    return str(gettext("Cancelled") if state in CANCELLED else labels.STATES[state])


class Located(Protocol):
    """What has a place and a mode: a visit, an appointment or a free slot."""

    @property
    def site(self) -> SiteFacts: ...
    @property
    def mode(self) -> str: ...


@dataclass(frozen=True)
class VisitView:
    """What is to be booked, as pages show it. `starts_at` is in the zone of the place.

    `adviser` is the name of the one who is wanted, or empty for anybody.
    """

    services: tuple[ServiceFacts, ...]
    site: SiteFacts
    mode: str
    starts_at: datetime
    minutes: int
    counts: Counts = ()
    adviser: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the services, in their order."""
        return tuple(service.name for service in self.services)

    @property
    def ends_at(self) -> datetime:
        """When it ends."""
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def is_in_person(self) -> bool:
        """Whether people come to a place."""
        return self.mode == "in_person"


@dataclass(frozen=True)
class VisitPart:
    """One service of a visit, and when it begins, in the zone of the place; with the number that makes it longer."""

    name: str
    starts_at: datetime
    counted: CountedService | None = None


def parts_of(visit: VisitView | AppointmentView, zone: str) -> list[VisitPart]:
    """The services of a visit, one after the other. Extra time is shared out equally."""
    starts_at, total = visit.starts_at.astimezone(ZoneInfo(zone)), visit.ends_at - visit.starts_at
    lengths = [timedelta(minutes=minutes) for minutes in minutes_of(visit.services, visit.counts)]
    counted = {one.service_id: one for one in counted_services(visit.services, visit.counts)}
    extra = (total - sum(lengths, timedelta())) / len(lengths)
    parts = []
    for service, length in zip(visit.services, lengths, strict=True):
        parts.append(VisitPart(service.name, starts_at, counted.get(service.id)))
        starts_at += length + extra
    return parts


def visit_of(catalogue: Catalogue, slot_key: SlotKey) -> VisitView:
    """The visit of `slot_key`. Raises: NotFound."""
    services = tuple(catalogue.service_by_id(service_id) for service_id in slot_key.service_ids)
    site = catalogue.site_by_id(slot_key.site_id)
    adviser = catalogue.resource_at(site, slot_key.adviser) if slot_key.adviser else None
    extra = catalogue.authority.extra_time_minutes if slot_key.extra_time else 0
    return VisitView(
        services,
        site,
        slot_key.mode,
        instant_of(slot_key.start_unit).astimezone(ZoneInfo(catalogue.authority.zone)),
        sum(minutes_of(services, slot_key.counts)) + extra * len(services),
        slot_key.counts,
        only_in_english(adviser.name if adviser else ""),
    )


def place_label(visit: Located) -> str:
    """The name of the place, or "By phone" or "By video"."""
    return labels.label_of(labels.MODES, visit.mode) if visit.site.is_virtual else visit.site.name


def place_in_sentence(visit: Located) -> str:
    """The name of the place, or "by phone" or "by video", after other words."""
    return labels.label_of(labels.MODES_IN_SENTENCE, visit.mode) if visit.site.is_virtual else visit.site.name


def remote_text(visit: Located) -> LazyString | None:
    """How a visit by phone or video begins, or None for one at a place."""
    return REMOTE_VISITS.get(visit.mode, REMOTE_VISITS["video"]) if visit.site.is_virtual else None


def searched_place(site: SiteFacts | None, mode: str) -> str:
    """Where a search looks, in a sentence."""
    if site is not None:
        return str(gettext("At %(place)s.", place=site.name))
    return str(REMOTE_VISITS.get(mode) or gettext("At any of our places."))


def remote_modes_text(service: ServiceFacts) -> str:
    """By which of phone and video a service can be had, in a sentence; empty when by neither."""
    also, only = REMOTE_MODES.get(frozenset(service.modes) - {"in_person"}, ("", ""))
    return str(also if "in_person" in service.modes else only)


def separate_postcode(site: SiteFacts) -> str:
    """The postcode of the place, or nothing where its address names it already."""
    return "" if site.postcode in site.address else site.postcode


def map_url(site: SiteFacts) -> str:
    """A map of where the place is."""
    return f"{MAP_URL}?{urlencode({'query': site.postcode or site.address})}"
