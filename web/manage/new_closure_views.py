"""Shut something: which place, the form, what it would do, and then it is done."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.queries.closure_lists import MOST_SHOWN, by_start, first_due
from booking.queries.previewed_times import previewed_times
from booking.use_cases.make_closure import NewClosure, affected_by, catalogue_with, make_closure
from booking.use_cases.offers import make_offers, request_offers
from core.errors import IdempotencyMismatch, Invalid
from locations.model import SiteFacts
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.reach_queries import can_be_told
from web.labels import MODES, label_of
from web.manage.closure_context import WHOLE_COUNCIL, log_people, managed_sites, place_of, sites_to_shut
from web.manage.closure_forms import ClosureForm, closure_form, fields_of
from web.manage.closure_overlaps import Covering, closure_that_covers, closures_that_meet, scope_of_new
from web.manage.closure_pages import period_text, preview_rows, terms_text
from web.manage.manage_blueprint import CLOSURES_PATH, blueprint
from web.manage.told_of_offers import told_of_offers
from web.page_context import StaffContext, staff_context

# So long the request itself seeks other times; the scheduler goes on with what is left.
SECONDS = 2.0
PREVIEW_SECONDS = 1.5  # of looking for times that people would get
NEW_PATH = f"{CLOSURES_PATH}/new"


@blueprint.get(NEW_PATH)
@requires(Action.MANAGE_CLOSURES)
def new_closure() -> ResponseReturnValue:
    """The form for the place in the query; without one, the places to choose from."""
    with staff_context() as context:
        sites, may_shut_all = sites_to_shut(context), managed_sites(context) is None
        if "site" not in request.args:
            if len(sites) == 1 and not may_shut_all:
                return redirect(url_for("manage.new_closure", site=sites[0].slug))
            return render_template("manage/place.html", sites=sites, may_shut_all=may_shut_all)
        site = place_of(context, request.args["site"])
        return _form_page(context, site, _form(context, site, is_sent="until_day" in request.args))


@blueprint.get(f"{CLOSURES_PATH}/preview")
@requires(Action.MANAGE_CLOSURES)
def preview_closure() -> ResponseReturnValue:
    """Whom it would affect. Nothing is written but that somebody looked."""
    with staff_context() as context:
        site = place_of(context, request.args.get("site", WHOLE_COUNCIL))
        form = _form(context, site, is_sent=True)
        if not form.validate():
            return _form_page(context, site, form), 400
        new = form.new_closure(site, context.zone, context.now)
        try:
            ids = affected_by(context.db, context.catalogue, new, context.now)
        except Invalid as error:
            form.refuse_all(error)
            return _form_page(context, site, form), 400
        return _preview_page(context, site, new, ids)


@blueprint.post(CLOSURES_PATH)
@requires(Action.MANAGE_CLOSURES)
def shut() -> ResponseReturnValue:
    """Shut it, offer other times if that was pressed, and go to the closure's page."""
    with staff_context() as context:
        site = place_of(context, request.form.get("site", WHOLE_COUNCIL))
        form = _form(context, site, is_sent=True)
        if not form.validate():
            return _form_page(context, site, form), 400
        new = form.new_closure(site, context.zone, context.now)
        covering = closure_that_covers(context, scope_of_new(context, site, new), new.starts_at, new.ends_at)
        if covering is not None:
            return _shut_already(context, covering)
        key = context.form_key("shut", new)
        try:
            made = make_closure(context.runtime, context.authority.id, new, actor=context.actor, idempotency=key)
        except Invalid as error:
            form.refuse_all(error)
            return _form_page(context, site, form), 400
        except IdempotencyMismatch:
            return redirect(url_for("manage.closures"), code=303)
        if made.id is not None and "offers" in request.form:
            offer_times(context, made.id)
    return redirect(url_for("manage.closure", closure=made.id, done="shut"), code=303)


def _shut_already(context: StaffContext, covering: Covering) -> ResponseReturnValue:
    """On to the closure that a colleague, or another window, made meanwhile: nothing is shut twice.

    The people of one that shuts more were on nobody's preview, so they are offered nothing from here.
    """
    if covering.is_same and "offers" in request.form:
        offer_times(context, covering.id)
    return redirect(url_for("manage.closure", closure=covering.id, done="shut"), code=303)


def offer_times(context: StaffContext, closure_id: int) -> None:
    """Seek and offer other times; the scheduler goes on with those for whom there is no time now. Raises: NotFound."""
    request_offers(context.runtime, context.authority.id, closure_id, actor=context.actor)
    make_offers(context.runtime, can_be_told, closure_id=closure_id, seconds=SECONDS)


def _form(context: StaffContext, site: SiteFacts | None, *, is_sent: bool) -> ClosureForm:
    """The form, filled with what was sent by the body of a request that writes, or by the query of another."""
    sent = request.form if request.method == "POST" else request.args
    return closure_form(context.catalogue, site, sent if is_sent else None, context.today)


def _form_page(context: StaffContext, site: SiteFacts | None, form: ClosureForm) -> str:
    return render_template(
        "manage/shut.html",
        form=form,
        has_errors=bool(form.errors),
        site=site,
        place=site.name if site else context.authority.name,
        has_choice=managed_sites(context) is None or len(sites_to_shut(context)) > 1,
    )


def _preview_page(context: StaffContext, site: SiteFacts | None, new: NewClosure, ids: tuple[int, ...]) -> str:
    views = by_start(context.db, context.catalogue, first_due(context.db, ids, MOST_SHOWN))
    log_people(context, "closure_preview", views)
    resources = site.resources if site else context.catalogue.people
    shut_then = catalogue_with(context.catalogue, new, context.now)
    times = previewed_times(context.db, shut_then, [view.id for view in views], context.now, PREVIEW_SECONDS)
    return render_template(
        "manage/preview.html",
        place=site.name if site else context.authority.name,
        resource=next((one.name for one in resources if one.slug == new.resource), ""),
        service=context.catalogue.service(new.service).name if new.service else "",
        mode=label_of(MODES, new.mode) if new.mode else "",
        new=new,
        when=period_text(new.starts_at, new.ends_at, context.zone),
        rows=preview_rows(context, views, times),
        affected=len(ids),
        told=told_of_offers(context, ids),
        terms=terms_text(context.authority),
        shut_by_others=closures_that_meet(context, scope_of_new(context, site, new), new.starts_at, new.ends_at),
        most=MOST_SHOWN,
        fields=fields_of(new, context.zone),
        change=f"{url_for('manage.new_closure')}?{urlencode(request.args.to_dict())}",
        minutes=int((views[0].starts_at - context.now).total_seconds() // 60) if views else 0,
    )
