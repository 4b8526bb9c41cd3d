"""Somebody is away: who, until when, who of their visitors a colleague can take, and then it is done with one click."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms.validators import DataRequired

from booking.use_cases.absences import Absence, preview_absence, record_absence
from booking.use_cases.make_closure import NewClosure
from core.errors import IdempotencyMismatch, Invalid
from locations.model import PERSON_KINDS, ResourceFacts
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.planner_blueprint import PLANNED_SITE_PATH, blueprint
from planner.resource_choices import resource_choices
from web.components.form_fields import AtMost, Dropdown, Text, optional
from web.manage.closure_context import log_people, managed_sites
from web.manage.closure_forms import FIELD_OF, LONGEST_REASON, ClosureForm, end_of, fields_of
from web.manage.closure_overlaps import closures_that_meet, scope_of_new
from web.manage.closure_pages import period_text, preview_rows
from web.manage.new_closure_views import offer_times
from web.manage.told_of_offers import told_of_offers
from web.manage.visits_sent import visit_codes, visits_sent
from web.page_context import SiteContext, site_context
from web.request_language import all_of

AWAY_PATH = f"{PLANNED_SITE_PATH}/away"
# What is said of a closure, said of somebody who is away.
ABOUT_PEOPLE = {
    "closure_ends_first": _l("They must be back after they have gone. Enter a later last day, or a later time on it"),
    "closure_over": _l("They would be back already. Enter a last day, or a time on it, that is still to come"),
    "closure_too_long": _l("Somebody can be away for five years at most. Enter an earlier last day"),
}


class AwayForm(ClosureForm):
    """Who is away, from when until when."""

    resource = Dropdown(_l("Who is away?"), validators=[DataRequired(_l("Choose who is away"))])
    reason = Text(
        _l("Note (optional)"),
        description=_l("Staff see it beside whoever has to be rebooked. Do not write about anybody’s health"),
        validators=[optional(), AtMost(LONGEST_REASON)],
    )

    def refuse_all(self, error: Invalid) -> None:
        """Put what the use case refused at the fields, in words that speak of somebody who is away."""
        for name, reasons in error.errors.items():
            texts = [ABOUT_PEOPLE.get(reason.code) for reason in reasons]
            if any(text is None for text in texts):
                super().refuse_all(Invalid({name: reasons}))
            else:
                self.refuse(FIELD_OF.get(name, name), " ".join(map(str, texts)))

    def absence(self, context: SiteContext) -> NewClosure:
        """What a valid form says. Who manages all sites says of somebody of the council that they are away everywhere."""
        person = next(one for one in people_here(context) if one.slug == self.resource.data)
        is_everywhere = person.is_council_wide and managed_sites(context) is None
        return NewClosure(
            starts_at=self.starts_at(context.zone, context.now),
            ends_at=end_of(self.until_day.day or context.today, self.until_time.wall_time, context.zone),
            reason=self.reason.data or "",
            site=None if is_everywhere else context.site.slug,
            resource=person.slug,
        )


@blueprint.get(AWAY_PATH)
@requires(Action.MANAGE_CLOSURES, site_arg="site")
def away(site: str) -> ResponseReturnValue:
    """The form."""
    with site_context(site) as context:
        sent = request.args if "until_day" in request.args else None
        return _form_page(context, away_form(context, sent))


@blueprint.get(f"{AWAY_PATH}/preview")
@requires(Action.MANAGE_CLOSURES, site_arg="site")
def preview_away(site: str) -> ResponseReturnValue:
    """Who would be seen by whom, and who by nobody. Nothing is written but that somebody looked."""
    with site_context(site) as context:
        form = away_form(context, request.args)
        if not form.validate():
            return _form_page(context, form), 400
        absence = form.absence(context)
        try:
            return _preview_page(context, absence)
        except Invalid as error:
            form.refuse_all(error)
            return _form_page(context, form), 400


@blueprint.post(AWAY_PATH)
@requires(Action.MANAGE_CLOSURES, site_arg="site")
def record_away(site: str) -> ResponseReturnValue:
    """Do what the page showed, and go to the list of those whom nobody can see."""
    with site_context(site) as context:
        form = away_form(context, request.form)
        if not form.validate():
            return _form_page(context, form), 400
        absence, visits = form.absence(context), visits_sent()
        try:
            done = record_absence(
                context.runtime,
                context.authority.id,
                absence,
                visits,
                actor=context.actor,
                idempotency=context.form_key("away", absence),
            )
        except Invalid as error:
            form.refuse_all(error)
            return _form_page(context, form), 400
        except IdempotencyMismatch:
            return redirect(url_for("manage.closures"), code=303)
        return _recorded(context, done)


def _recorded(context: SiteContext, absence: Absence) -> ResponseReturnValue:
    """On to the page of those whom nobody can see, who are offered other times if that was pressed.

    Where another window, or a colleague, was quicker, nothing is done but to show it: its people were on no preview.
    """
    if not absence.is_new:
        return redirect(url_for("manage.closure", closure=absence.closure_id), code=303)
    if absence.closure_id is not None and "offers" in request.form:
        offer_times(context, absence.closure_id)
    return redirect(url_for("manage.closure", closure=absence.closure_id, done="away"), code=303)


def people_here(context: SiteContext) -> list[ResourceFacts]:
    """The people who work at the site, those who work elsewhere too among them."""
    return [one for one in context.site.resources if one.kind in PERSON_KINDS]


def away_form(context: SiteContext, sent: Mapping[str, str] | None) -> AwayForm:
    """The form, with what was sent, if anything was. It begins with today, until its end."""
    formdata = None if sent is None else MultiDict(sent)
    # The guard checks the token of whatever writes; the preview only asks.
    form = AwayForm(formdata=formdata, meta={"csrf": False}, until_day=context.today.isoformat())
    del form.service, form.topic, form.mode
    form.until_time.label.text = _("Time on the last day when they are back")
    people = resource_choices(people_here(context))
    form.resource.choices = [("", _("Choose one")), *people] if people else []
    return form


def _form_page(context: SiteContext, form: AwayForm) -> str:
    is_elsewhere = any(one.is_council_wide and one.kind in PERSON_KINDS for one in context.site.resources)
    return render_template(
        "planner/away.html",
        form=form,
        has_errors=bool(form.errors),
        site=context.site,
        is_here_alone=is_elsewhere and managed_sites(context) is not None,
    )


def _preview_page(context: SiteContext, absence: NewClosure) -> str:
    preview = preview_absence(context.db, context.catalogue, absence, context.now)
    views = [*(one.appointment for one in preview.fits), *preview.others]
    log_people(context, "absence_preview", views)
    resource = next(one for one in context.site.resources if one.slug == absence.resource)
    fits = preview_rows(context, [one.appointment for one in preview.fits])
    return render_template(
        "planner/away_preview.html",
        site=context.site,
        name=resource.name,
        is_here_alone=resource.is_council_wide and absence.site is not None,
        when=period_text(absence.starts_at, absence.ends_at, context.zone),
        fits=list(zip(fits, (all_of([other.name for other in one.resources]) for one in preview.fits), strict=True)),
        visits=visit_codes(preview.fits),
        others=preview_rows(context, preview.others),
        told=told_of_offers(context, [view.id for view in preview.others]),
        affected=preview.affected,
        shut_by_others=closures_that_meet(
            context,
            scope_of_new(context, None if absence.site is None else context.site, absence),
            absence.starts_at,
            absence.ends_at,
        ),
        fields=fields_of(absence, context.zone),
        change=f"{url_for('planner.away', site=context.site.slug)}?{urlencode(request.args.to_dict())}",
    )
