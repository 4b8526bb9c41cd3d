"""Waiting for an earlier time of a booked appointment: asked for, changed, and ended by whoever has its link."""

from __future__ import annotations

from flask import Response, request
from flask.typing import ResponseReturnValue

from booking.appointment_repository import service_ids_of
from booking.queries.advisers import adviser_of_person
from booking.queries.open_wishes import wish_of_appointment
from booking.queries.slots import SlotQuery
from booking.use_cases.wishes import NewWish, make_wish, withdraw_wish
from core.audit import Actor
from core.errors import IllegalMove, Invalid
from people.staff.access_marks import public
from reminders.reach_queries import ways_to_wait
from web.components.wish_fields import WishForm
from web.resident.appointment_page import AppointmentPage, open_appointment_context
from web.resident.urls import blueprint


@blueprint.route("/<authority:authority>/appointment/<reference>/earlier", methods=["GET", "POST"])
@public
def earlier(authority: str, reference: str) -> ResponseReturnValue:
    """Ask when an earlier time would suit, and wait for one."""
    with open_appointment_context(authority, reference) as page:
        refusal = page.refuse_unless_booked()
        if refusal is not None:
            return refusal
        wish = wish_of_appointment(page.context.db, page.context.catalogue, page.view.id, page.context.now)
        form, ways = WishForm(), ways_to_wait(page.context.db, page.view.id)
        form.offer_ways(ways, wish.told_by if wish else "")
        form.offer_adviser(_adviser(page), is_wanted=bool(wish and wish.adviser))
        form.offer(page.context.catalogue, _query(page), page.view.site, page.context.today)
        if wish is not None:
            form.offer_wanted(wish)
        can_wait = page.may_wait and bool(ways)
        if wish is not None and request.method == "GET":
            form.show(wish)
        if not can_wait or not form.validate_on_submit():
            return page.show("earlier", form=form, back=page.url, can_wait=can_wait)
        page.count_change()
        try:
            _wait(page, form)
        except Invalid as error:
            is_shown = form.refuse_all(error)
            status = 400 if is_shown else 409
            return Response(page.show("earlier", form=form, back=page.url, can_wait=is_shown), status=status)
        except IllegalMove as error:
            return page.show_refusal(error.code)
        return page.redirect("waiting")


@blueprint.post("/<authority:authority>/appointment/<reference>/earlier/stop")
@public
def stop_waiting(authority: str, reference: str) -> ResponseReturnValue:
    """Wait no longer; a time that is held is free for others."""
    with open_appointment_context(authority, reference) as page:
        wish = wish_of_appointment(page.context.db, page.context.catalogue, page.view.id, page.context.now)
        if wish is not None:
            withdraw_wish(page.context.runtime, page.view.authority_id, wish.id, actor=Actor.resident())
        return page.redirect("not_waiting")


def _wait(page: AppointmentPage, form: WishForm) -> None:
    from_time, to_time = form.hours
    new = NewWish(
        channel="online",
        appointment=page.view.reference,
        sites=form.sites,
        weekdays=form.wanted_weekdays,
        from_time=from_time,
        to_time=to_time,
        until=form.until.day,
        told_by=form.way,
        own_adviser=form.is_for_own_adviser,
    )
    make_wish(page.context.runtime, page.view.authority_id, new, actor=Actor.resident())


def _adviser(page: AppointmentPage) -> str:
    """The name of the adviser whom they have and who can be booked; empty where there is none."""
    services = service_ids_of(page.context.db, page.view.id)
    whose = (page.view.resident.id, services, page.context.today, page.view.id)
    known = adviser_of_person(page.context.db, page.context.catalogue, *whose)
    return known.name if known is not None and known.works_here else ""


def _query(page: AppointmentPage) -> SlotQuery:
    services = service_ids_of(page.context.db, page.view.id)
    needs = frozenset(page.view.support_needs)
    return SlotQuery(services, mode=page.view.mode, needs=needs, counts=page.view.counts)
