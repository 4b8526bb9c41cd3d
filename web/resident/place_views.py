"""The first pages of a search: support needs, then places. They only read: the address holds the state of the search."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from booking.availability.needs_met import met_at_site, never_met_at
from booking.queries.nearest_sites import sites_by_distance, sites_of_own_area
from booking.queries.slots import (
    FreeSlot,
    first_by_site,
)
from locations.model import SiteFacts
from locations.postcodes import PostcodePlace, locate
from people.residents.details import NEEDS, place_needs
from people.staff.access_marks import public
from web.page_context import PageContext, council_context
from web.resident.drop_in_texts import drop_in_texts
from web.resident.ended_pages import show_ended
from web.resident.forms import NeedsForm
from web.resident.invited_search import invitation_due, within_invitation
from web.resident.own_adviser import OwnAdviser, not_for_them, own_adviser
from web.resident.own_time import OwnTime, query_with_own_time
from web.resident.page_rendering import show_search
from web.resident.search_state import (
    REMOTE_MODES,
    SearchState,
    ended_in,
    has_ended,
    is_for_people_with_adviser,
    modes_of,
    must_answer,
    read_search_state,
    services_of,
    slot_query_of,
)
from web.resident.triage_due import triage_due
from web.resident.urls import blueprint

MOST_DROP_INS = 3


@dataclass(frozen=True)
class PlaceRow:
    """A place that people can go to, how far it is, when it is first free, and what it has for those who need it.

    `lacks` are those of the needs of the search that no visit there can have met; `drop_ins` when no appointment is needed.
    `is_own_area`: the service is first of all for people from there, and whoever searches is.
    """

    site: SiteFacts
    miles: float | None
    first: FreeSlot | None
    lacks: tuple[str, ...] = ()
    drop_ins: tuple[str, ...] = ()
    is_own_area: bool = False

    @property
    def has(self) -> tuple[str, ...]:
        """The needs that can be met there, in the usual order."""
        met = met_at_site(self.site)
        return tuple(need for need in NEEDS if need in met)


@dataclass(frozen=True)
class Places:
    """Everything that the page about places shows."""

    near: str
    place: PostcodePlace | None
    rows: tuple[PlaceRow, ...]
    remote: tuple[tuple[str, FreeSlot | None], ...]
    soonest: FreeSlot | None
    soonest_mode: str
    own: OwnTime | None
    needed: tuple[str, ...] = ()

    @property
    def is_soonest_remote(self) -> bool:
        """Whether nobody has to go anywhere for the soonest time."""
        return self.soonest_mode in REMOTE_MODES

    @property
    def has_free_place(self) -> bool:
        """Whether something is free at a place to go to."""
        return any(row.first for row in self.rows)

    @property
    def is_unknown(self) -> bool:
        """Whether a postcode was typed that is not known."""
        return bool(self.near) and self.place is None

    @property
    def is_empty(self) -> bool:
        """Whether nowhere offers the visit, in person or remotely."""
        return not self.rows and not self.remote


@blueprint.get("/<authority:authority>/needs")
@public
def needs(authority: str) -> ResponseReturnValue:
    """The support needs. They come first, because they decide which places and times fit."""
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        if ended := ended_in(context.catalogue, search, context.today):
            return show_ended(context, ended, search)
        if search.known and (due := invitation_due(context, search)):
            return due
        if context.authority.triages and (due := triage_due(context, search)):
            return due
        if must_answer(context.catalogue, search):
            return redirect(f"{context.base}/questions?{search.query()}", code=303)
        adviser = own_adviser(context, search) if search.known or search.moving else None
        if adviser is None and is_for_people_with_adviser(context.catalogue, search):
            return not_for_them(context, search)
        return _needs(context, search, NeedsForm(data={"need": list(search.needs), "language": search.language}))


def _needs(context: PageContext, search: SearchState, form: NeedsForm) -> Response:
    form.ask_for(modes_of(services_of(context.catalogue, search)))
    back = f"{context.base}/services/{search.services[0]}?visit={search.visit}" if search.services else context.base
    return show_search("needs", context, search, form=form, back=back)


@blueprint.get("/<authority:authority>/where")
@public
def where(authority: str) -> ResponseReturnValue:
    """The places, nearest first, each with its first free time; or by video or phone; or anywhere."""
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        if ended := ended_in(context.catalogue, search, context.today):
            return show_ended(context, ended, search)
        if search.known and (due := invitation_due(context, search)):
            return due
        if context.authority.triages and (due := triage_due(context, search)):
            return due
        if must_answer(context.catalogue, search):
            return redirect(f"{context.base}/questions?{search.query()}", code=303)
        adviser = own_adviser(context, search) if search.known or search.moving else None
        if adviser is None and is_for_people_with_adviser(context.catalogue, search):
            return not_for_them(context, search)
        form = NeedsForm(formdata=request.args)
        if not search.moving and not form.validate():  # an appointment that is moved has its needs already
            return _needs(context, search, form)
        found = _find_places(context, search, adviser)
        back = f"{context.base}/{'when' if search.moving else 'needs'}?{search.query()}"
        return show_search(
            "where", context, search, found=found, has_errors=found.is_unknown, back=back, adviser=adviser
        )


def _find_places(context: PageContext, search: SearchState, adviser: OwnAdviser | None) -> Places:
    """What the page about places shows: nearest first when the postcode is known."""
    here = replace(search, language="", near="", site="", mode="", month="", day="", days="", asked="")
    own = None
    if here.visit or here.moving:
        query, own = query_with_own_time(context, here)
    else:
        query = slot_query_of(context.catalogue, here)
    query = replace(within_invitation(context, search, query), adviser=adviser.resource_id if adviser else 0)
    place = locate(search.near) if search.near else None
    first = first_by_site(context.db, context.catalogue, query, context.now)
    ordered = [
        pair for pair in sites_by_distance(context.catalogue, query, place) if not has_ended(pair[0], context.today)
    ]
    own_sites = sites_of_own_area(context.catalogue, query, place.postcode if place else "")
    rows = [
        PlaceRow(
            site,
            miles,
            first.get(site.id),
            never_met_at(site, search.needs),
            () if search.moving else drop_in_texts(context, site, query.service_ids)[:MOST_DROP_INS],
            site.id in own_sites,
        )
        for site, miles in ordered
    ]
    visible = tuple(row for row in rows if not row.site.is_virtual)
    remote = _remote(context, search, rows)
    soonest_mode, soonest = _soonest(visible, remote)
    return Places(
        near=search.near,
        place=place,
        # A place that lacks what somebody needs has no first time: it comes after those that can help.
        rows=tuple(sorted(visible, key=lambda row: row.first is None)),
        remote=remote,
        soonest=soonest,
        soonest_mode=soonest_mode,
        own=own,
        needed=tuple(need for need in search.needs if need in place_needs(frozenset(search.needs))),
    )


def _soonest(visible: Iterable[PlaceRow], remote: Iterable[tuple[str, FreeSlot | None]]) -> tuple[str, FreeSlot | None]:
    """The soonest of all first times, and its mode. Of several at once the one at a place, since most people want that."""
    free = [("in_person", row.first) for row in visible if row.first]
    free += [(mode, first) for mode, first in remote if first]
    return min(free, key=lambda found: found[1].starts_at, default=("", None))


def _remote(context: PageContext, search: SearchState, rows: list[PlaceRow]) -> tuple[tuple[str, FreeSlot | None], ...]:
    virtual = [row for row in rows if row.site.is_virtual]
    if not virtual:
        return ()
    first = min((row.first for row in virtual if row.first), key=lambda slot: slot.starts_at, default=None)
    modes = modes_of(services_of(context.catalogue, search))
    return tuple((mode, first) for mode in REMOTE_MODES if mode in modes)
