"""The list of those who are to be rung, worked by several agents at once: one takes somebody, the others see so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView
from booking.queries.rebook_lists import RebookList
from booking.ringing.ring_queries import ToRing, people_to_ring, ringing_of
from booking.use_cases.ringing import start_ringing, stop_ringing
from core.errors import NotFound
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.reach_queries import undelivered_offers
from web.manage.closure_context import log_people
from web.manage.closure_pages import NO_TURNS, NOT_TOLD, PersonRow, listed_rows
from web.manage.list_sections import (
    confirm_held_time,
    confirmed_person,
    confirmed_text,
    is_confirmed,
    listed_person,
    who_rings,
)
from web.manage.manage_blueprint import RING_PATH, blueprint
from web.manage.told_of_offers import told_of_held
from web.manage.turn_texts import turn_texts
from web.page_context import StaffContext, staff_context
from web.request_language import format_moment_short

MOST_SHOWN = 200
TAKEN = lazy_gettext("A colleague is ringing them already.")
ONE_PATH = f"{RING_PATH}/<reference>"


@dataclass(frozen=True)
class RingRow:
    """Somebody to ring: who they are, who rings them now, and that nobody answered before. Nothing is empty text."""

    person: PersonRow
    rung_by: str
    is_mine: bool
    tried: str


@blueprint.get(RING_PATH)
@requires(Action.RING_PEOPLE)
def to_ring() -> ResponseReturnValue:
    """Everybody to ring at the sites that they serve, whatever they fell out by."""
    with staff_context() as context:
        return _list_page(context)


@blueprint.get(ONE_PATH)
@requires(Action.RING_PEOPLE)
def ring_one(reference: str) -> ResponseReturnValue:
    """Somebody to ring, with the time that is held for them."""
    with staff_context() as context:
        return _one_page(context, _to_ring(context, reference))


@blueprint.post(f"{ONE_PATH}/ring")
@requires(Action.RING_PEOPLE)
def take(reference: str) -> ResponseReturnValue:
    """Take somebody to ring, and go to their page; the list, when somebody else has them."""
    with staff_context() as context:
        _to_ring(context, reference)
        key = (context.authority.id, reference, context.staff.staff_id)
        is_mine = start_ringing(context.runtime, *key, actor=context.actor)
    if not is_mine:
        with staff_context() as context:
            return _list_page(context, TAKEN), 409
    return redirect(url_for("manage.ring_one", reference=reference), code=303)


@blueprint.post(f"{ONE_PATH}/done")
@requires(Action.RING_PEOPLE)
def leave(reference: str) -> ResponseReturnValue:
    """Give somebody back to the list, with or without word that nobody answered."""
    with staff_context() as context:
        _to_ring(context, reference)
        nobody_answered = "no-answer" in request.form
        key = (context.authority.id, reference, context.staff.staff_id)
        stop_ringing(context.runtime, *key, actor=context.actor, nobody_answered=nobody_answered)
    return redirect(url_for("manage.to_ring", done="back"), code=303)


@blueprint.post(f"{ONE_PATH}/confirm")
@requires(Action.RING_PEOPLE)
def confirm_rung(reference: str) -> ResponseReturnValue:
    """Take the time that is held for somebody, who said yes on the telephone; and go back to the list."""
    with staff_context() as context:
        view = listed_person(context, RebookList(context.authority.id, is_any=True), reference)
        if not is_confirmed(view):  # pressed twice, it may be at another site by now
            context.check_serves(view.site.id)
        rung = ringing_of(context.db, [view.id]).get(view.id)
        if rung is not None and rung.until > context.now and rung.staff_id != context.staff.staff_id:
            error = TAKEN
        else:
            error = confirm_held_time(context, view)
    if error:
        with staff_context() as context:
            return _list_page(context, error), 409
    return redirect(url_for("manage.to_ring", done="confirmed", person=reference), code=303)


def _to_ring(context: StaffContext, reference: str) -> ToRing:
    """Who is to be rung about this appointment. Raises: NotFound."""
    view = _known(context, reference)
    found = people_to_ring(context.db, context.catalogue, context.now, _unreached(context), only=view.id)
    if not found:
        raise NotFound
    return found[0]


def _known(context: StaffContext, reference: str) -> AppointmentView:
    """The appointment at a site that they serve, which is or was on a list of people to rebook. Raises: NotFound."""
    view = listed_person(context, RebookList(context.authority.id, is_any=True), reference)
    context.check_serves(view.site.id)
    return view


def _unreached(context: StaffContext) -> frozenset[int]:
    return undelivered_offers(context.db, context.authority.id)


def _list_page(context: StaffContext, error: LazyString | str = "") -> str:
    found = people_to_ring(
        context.db, context.catalogue, context.now, _unreached(context), site_ids=context.served_sites
    )
    shown = found[:MOST_SHOWN]
    turns = turn_texts([one.person.appointment for one in found], context.now)
    confirmed = confirmed_person(context, RebookList(context.authority.id, is_any=True))
    if confirmed is not None and not context.serves(confirmed.site.id):  # of other sites they see no time
        confirmed = None
    named = [confirmed] if confirmed is not None else []
    log_people(context, "people_to_ring", [one.person.appointment for one in shown] + named)
    return render_template(
        "manage/to_ring.html",
        rows=[_row(context, one, turns) for one in shown],
        total=len(found),
        error=error,
        done="" if error else request.args.get("done", ""),
        confirmed=confirmed_text(confirmed),
        read_at=context.now.astimezone(ZoneInfo(context.zone)),
    )


def _one_page(context: StaffContext, one: ToRing) -> str:
    log_people(context, "person_to_ring", [one.person.appointment])
    return render_template("manage/ring_one.html", row=_row(context, one))


def _row(context: StaffContext, one: ToRing, turns: Mapping[int, str] = NO_TURNS) -> RingRow:
    rung = one.rung_by(context.now)
    is_mine = rung is not None and rung.staff_id == context.staff.staff_id
    told = told_of_held(context, [one.person]) if is_mine else NOT_TOLD
    (person,) = listed_rows([one.person], is_seeking=True, turns=turns, told=told)
    return RingRow(person, who_rings(context, rung) if rung else "", is_mine, _tried(context, one))


def _tried(context: StaffContext, one: ToRing) -> str:
    if one.ringing is None or one.ringing.tried_at is None:
        return ""
    at = format_moment_short(one.ringing.tried_at.astimezone(ZoneInfo(context.zone)))
    return str(_("Nobody answered, the last time %(time)s", time=at))
