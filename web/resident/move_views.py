"""Another time for a booked appointment: the new time once more, with what its mode needs and we do not have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from booking.availability.needs_met import never_met_at
from booking.capacity.occupancy import seats_of
from booking.queries.alternatives import nearest_alternatives
from booking.queries.appointments import AppointmentView
from booking.queries.spoken_times import spoken_at
from booking.slot_tokens import SlotKey, decode, encode
from booking.states import Contact
from booking.use_cases.reschedule import Move, reschedule
from core.audit import Actor
from core.errors import IllegalMove, Invalid, NotFound, SlotTaken, Stale, TooFar, TooSoon
from people.residents.details import missing_contact
from people.staff.access_marks import public
from web.resident import drafts
from web.resident.appointment_page import AppointmentPage, open_appointment_context
from web.resident.forms import MoveForm
from web.resident.page_rendering import show_search, visit_of
from web.resident.reach_choices import REACH_TEXTS
from web.resident.search_state import SearchState
from web.resident.told_you import told_of_move
from web.resident.urls import blueprint
from web.typed_before import typed_before


@blueprint.route("/<authority:authority>/appointment/<reference>/move", methods=["GET", "POST"])
@public
def move(authority: str, reference: str) -> ResponseReturnValue:
    """The new time once more; sending it moves the appointment, or shows the nearest free times if it is booked."""
    with open_appointment_context(authority, reference) as page:
        refusal = page.refuse_unless_booked()
        if refusal is not None:
            return refusal
        slot_key = _slot_of_same_visit(page)
        if slot_key is None:
            return redirect(f"{page.context.base}/when?{search_for_another_time(page.view).query()}", code=303)
        form = MoveForm()
        if page.view.representative:
            form.describe_for_representative()
        if not form.validate_on_submit():
            return page.show("move", **_values(page, slot_key, form))
        try:
            _reschedule(page, slot_key, form)
        except Stale:
            return page.show_stale("move", **_values(page, slot_key, form))
        except SlotTaken:
            return _show_alternatives(page, slot_key)
        except Invalid as error:
            [field] = error.errors
            if field == "slot":  # with an adviser whom they do not have, or not with the one whom they must keep
                refused = show_search("adviser_refused", page.context, search_for_another_time(page.view))
                return Response(refused.data, status=409)
            form.refuse(field, str(REACH_TEXTS[field]))
            return page.show("move", **_values(page, slot_key, form))
        except (TooSoon, TooFar, IllegalMove) as error:
            return page.show_refusal(error.code)
        drafts.follow_link(page.context, reference)
        return page.redirect("moved")


def _reschedule(page: AppointmentPage, slot_key: SlotKey, form: MoveForm) -> None:
    page.count_change()
    reschedule(
        page.context.runtime,
        page.view.authority_id,
        page.view.reference,
        Move(slot_key=slot_key, contact=_new_contact(page.contact, form), changes_counts=True),
        actor=Actor.resident(),
        enforce_cutoff=True,
        seen=page.seen,
        idempotency=page.form_key(f"move {slot_key}"),
    )


def _new_contact(known: Contact, form: MoveForm) -> Contact | None:
    """The contact with what was typed, or None when nothing was."""
    typed = {name: form[name].data for name in ("email", "phone") if form[name].data}
    return replace(known, **typed) if typed else None


def _slot_of_same_visit(page: AppointmentPage) -> SlotKey | None:
    """The new time that was chosen; None where the address has none. Raises: NotFound, of another council or service."""
    typed = typed_before()
    chosen = request.values.get("slot") or (typed.get("slot", "") if typed else "")
    if not chosen:
        return None
    slot_key = decode(chosen)
    if slot_key.authority_id != page.context.authority.id:
        raise NotFound.because("time_of_another_council")
    if slot_key.service_ids != tuple(service.id for service in page.view.services):
        raise NotFound.because("time_of_another_service")
    return slot_key


def _values(page: AppointmentPage, slot_key: SlotKey, form: MoveForm) -> dict[str, Any]:
    view, visit = page.view, visit_of(page.context.catalogue, slot_key)
    search = search_for_another_time(view)
    own = (view.site.id, view.mode, view.starts_at, view.ends_at)
    is_same = (visit.site.id, visit.mode, visit.starts_at, visit.ends_at) == own
    return {
        "visit": visit,
        "slot": encode(slot_key),
        "form": form,
        "missing": "" if visit.mode == view.mode else _missing(view, visit.mode),
        "is_same_time": is_same,
        "told": told_of_move(page, visit.starts_at),
        "spoken": _spoken(page, slot_key),
        "search": search,
        "back": f"{page.context.base}/when?{search.query()}",
    }


def _spoken(page: AppointmentPage, slot_key: SlotKey) -> frozenset[str]:
    """The languages that the resident asked for and that an adviser speaks at the new time."""
    context, needs = page.context, frozenset(page.view.support_needs)
    seats = seats_of(context.db, appointment_id=page.view.id)
    return spoken_at(context.db, context.catalogue, slot_key, needs, context.now, own_seats=seats)


def _missing(view: AppointmentView, mode: str) -> str:
    """The field of what the mode needs and nobody has given."""
    helper = view.representative
    email = view.resident.email or (helper.email if helper else "")
    phone = view.resident.phone or (helper.phone if helper else "")
    return missing_contact(mode, email=email, phone=phone)


def _show_alternatives(page: AppointmentPage, slot_key: SlotKey) -> ResponseReturnValue:
    """The free times nearest to the one that somebody else has taken."""
    context, visit = page.context, visit_of(page.context.catalogue, slot_key)
    with context.runtime.database.reading() as db:
        alternatives = nearest_alternatives(
            db, context.catalogue, slot_key, context.now, for_public=True, needs=frozenset(page.view.support_needs)
        )
    return Response(page.show("move_slot_taken", visit=visit, alternatives=alternatives, back=page.url), status=409)


def search_for_another_time(view: AppointmentView) -> SearchState:
    """The search for another time of the appointment: for the same services and needs, at the same place if it suits."""
    return SearchState(
        services=tuple(service.slug for service in view.services),
        needs=view.support_needs,
        language=view.resident.language if "language" in view.support_needs else "",
        site="" if view.site.is_virtual or never_met_at(view.site, view.support_needs) else view.site.slug,
        mode=view.mode,
        moving=view.reference,
    )
