"""The visits that a page showed, each with the version that it had, as its form carries them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from flask import request

from booking.queries.booked_visits import who_booked
from booking.queries.other_resources import OtherResources
from booking.use_cases.give_to_others import SeenVisit
from people.residents.access_log import log_access
from web.page_context import StaffContext

FIELD = "visit"
MOST_VISITS = 200
LONGEST_VERSION = 9  # figures that are looked at; no appointment is moved so often


def visit_codes(shown: Iterable[OtherResources]) -> list[str]:
    """These visits as a form carries them."""
    return [f"{one.appointment.reference}:{one.appointment.version}" for one in shown]


def visits_sent() -> list[SeenVisit]:
    """The visits that came with the request. What is no version is one that no visit has."""
    codes = (code.partition(":") for code in request.form.getlist(FIELD)[:MOST_VISITS])
    return [
        SeenVisit(reference, int(version) if version.isdecimal() and len(version) <= LONGEST_VERSION else 0)
        for reference, _colon, version in codes
    ]


def names_seen(context: StaffContext, appointment_ids: Collection[int]) -> Mapping[str, str]:
    """The names of those who have booked these appointments, by the reference; that staff see them is on record."""
    if not appointment_ids:
        return {}
    booked = who_booked(context.db, context.authority.id, appointment_ids)
    residents = sorted({id_ for id_, _name in booked.values()})
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, None, context.actor, "set_up_preview", context.now, residents=residents)
    return {reference: name for reference, (_id, name) in booked.items()}
