"""The appointments that are open in this browser, by links that still work."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from flask import session as flask_session

from booking.queries.appointments import AppointmentView, by_reference
from booking.states import State
from booking.use_cases.open_limits import limit_reached
from core.browser_states import names_of
from core.errors import NotFound
from locations.model import ServiceFacts
from web.page_context import PageContext
from web.resident.opened_links import OPENED, link_mark_of
from web.resident.page_rendering import VisitView
from web.typed_before import BROWSER


def opened_here(context: PageContext) -> list[str]:
    """The references of the appointments of this council that are open in this browser, by links that still work."""
    browser_id = flask_session.get(BROWSER)
    names = names_of(context.db, browser_id, context.now) if browser_id else []
    opened = [name.removeprefix(OPENED) for name in names if name.startswith(OPENED)]
    return [reference for reference in opened if _is_open(context, reference)]


def limit_reached_here(context: PageContext, services: Iterable[ServiceFacts]) -> int | None:
    """The limit of one of `services` that somebody whose appointment is open in this browser has reached.

    Nobody else is told before they book: what is typed proves nothing, and the answer says that there are appointments.
    """
    opened = opened_here(context)
    if not opened:
        return None
    return limit_reached(context.db, context.authority.id, opened, services, context.now)


def same_day_here(context: PageContext, visit: VisitView) -> AppointmentView | None:
    """An appointment that is open in this browser, for one of the visit's services on its day; None for none."""
    services, day = {service.id for service in visit.services}, visit.starts_at.date()
    for reference in opened_here(context):
        view = by_reference(context.db, context.catalogue, reference)
        is_same = view.local_date == day and services & {service.id for service in view.services}
        if is_same and view.state is State.BOOKED:
            return view
    return None


def _is_open(context: PageContext, reference: str) -> bool:
    with suppress(NotFound):
        return by_reference(context.db, context.catalogue, reference).link_mark == link_mark_of(context, reference)
    return False
