"""The order of topics and services on the council's first page: moved up and down by buttons, then shown and saved."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.use_cases.change_set_up import ChangedMeanwhile, InvalidEdits
from council.council_blueprint import SET_UP_PATH, blueprint
from locations.first_page import by_topic, with_service_moved, with_topic_moved
from locations.importing.difference import Key
from locations.importing.set_up_tables import Edit, fingerprint
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.components.form_fields import FieldError
from web.manage.screen_words import screen_text
from web.manage.set_up_context import preview_address, things_of
from web.manage.set_up_kept import keep, kept
from web.manage.set_up_merge import conflict_lines
from web.manage.set_up_proposals import Proposal, kept_proposal, lead_to_form, lead_to_preview, proposal_of
from web.page_context import StaffContext, staff_context

FIRST_PAGE_PATH = f"{SET_UP_PATH}/first-page"
STEPS = {"up": -1, "down": 1}
MOST = 1000  # services in an order


@blueprint.get(FIRST_PAGE_PATH)
@requires(Action.MANAGE_SET_UP)
def front_page() -> ResponseReturnValue:
    """The topics and services as they stand, or as they were moved."""
    with staff_context() as context:
        name = request.args.get("kept", "")
        proposal, found = kept_proposal(context, name), kept(context, name)
        if proposal is not None:
            table = proposal.edits[0].table or {}
            return _page(context, table.get("service_order", ()), proposal.seen[_key(context)])
        if found is not None:
            return _page(context, found["order"], found["seen"], moved=found["moved"])
        return _page(context, context.authority.service_order, _seen(context))


@blueprint.post(FIRST_PAGE_PATH)
@requires(Action.MANAGE_SET_UP)
def send_front_page() -> ResponseReturnValue:
    """One step up or down, the order of the alphabet again, or the preview of the change."""
    with staff_context() as context:
        if "proposal" in request.form:
            return lead_to_form(context, proposal_of(context, request.form["proposal"]), url_for("council.front_page"))
        order, seen = request.form.getlist("order")[:MOST], request.form.get("seen", "")
        for way, steps in STEPS.items():
            if way in request.form:
                what = request.form[way]
                return _lead_on(context, _moved(context, order, what, steps), seen, f"{way} {what}")
        if "alphabet" in request.form:
            return _lead_on(context, [], seen, "")
        return _preview(context, order, seen)


def _moved(context: StaffContext, order: Sequence[str], what: str, steps: int) -> list[str]:
    """The order when a topic ("topic Housing") or a service ("service housing-advice") moves."""
    topics = by_topic(context.catalogue.services, order)
    kind, _, name = what.partition(" ")
    return with_topic_moved(topics, name, steps) if kind == "topic" else with_service_moved(topics, name, steps)


def _lead_on(context: StaffContext, order: Sequence[str], seen: str, moved: str) -> ResponseReturnValue:
    name = keep(context, {"order": list(order), "seen": seen, "moved": moved})
    return redirect(url_for("council.front_page", kept=name), code=303)


def _preview(context: StaffContext, order: Sequence[str], seen: str) -> ResponseReturnValue:
    key, known = _key(context), {service.slug for service in context.catalogue.services}
    before = things_of(context)[key].table
    wanted = [slug for slug in dict.fromkeys(order) if slug in known]
    is_usual = wanted == _slugs(context, ())
    table = {name: value for name, value in before.items() if name != "service_order"}
    table |= {} if is_usual else {"service_order": wanted}
    form = url_for("council.front_page")
    proposal = Proposal((Edit(key, table),), {key: seen}, form, form)
    try:
        return lead_to_preview(context, proposal, preview_address)
    except InvalidEdits as error:
        return _page(context, order, seen, errors=[screen_text(one.what) for one in error.errors]), 400
    except ChangedMeanwhile:
        words = conflict_lines(context, key, table, before, seen).words
        return _page(context, order, fingerprint(before), conflict=words), 409


def _slugs(context: StaffContext, order: Sequence[str]) -> list[str]:
    return [service.slug for services in by_topic(context.catalogue.services, order).values() for service in services]


def _key(context: StaffContext) -> Key:
    return Key("council", (context.authority.slug,))


def _seen(context: StaffContext) -> str:
    return fingerprint(things_of(context)[_key(context)].table)


def _page(
    context: StaffContext,
    order: Sequence[str],
    seen: str,
    *,
    moved: str = "",
    errors: Sequence[str] = (),
    conflict: str = "",
) -> str:
    return render_template(
        "council/first_page.html",
        topics=by_topic(context.catalogue.services, order),
        order=_slugs(context, order),
        seen=seen,
        moved=moved,
        errors=[FieldError(text, "") for text in errors],
        has_errors=bool(errors),
        conflict=conflict,
        name=context.authority.name,
        is_saved=request.method == "GET" and "saved" in request.args,
    )
