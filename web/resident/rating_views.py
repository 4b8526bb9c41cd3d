"""Two questions after a visit: by the link of a message, without signing in, or at the kiosk. Nobody's name is asked."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms.validators import InputRequired, optional

from booking.queries.link_tokens import language_of
from booking.ratings.rating_repository import asked_visit
from booking.ratings.rating_rules import LONGEST_COMMENT, MARKS, Rating
from booking.use_cases.rate_visit import rate_at_kiosk, rate_by_link
from core.errors import NotFound
from core.flask_context import current_runtime
from core.origin import origin_of
from core.rate_limits import SlowingLimit, check_slowing_limit
from locations.catalogue_queries import authorities, catalogue_by_id
from people.staff.access_marks import public
from web.components.form_fields import Choice, Dropdown, Form, LongText
from web.labels import Labels
from web.page_context import council_context, resident_context
from web.request_language import follow_link
from web.resident.appointment_page import link_unknown
from web.resident.kiosk_views import KIOSK_PATH, cleared_page, form_page, kiosk_site
from web.resident.page_rendering import show
from web.resident.urls import blueprint

BY_LINK = SlowingLimit("30/hour", beyond="1/minute")
AT_KIOSK = SlowingLimit("60/hour", beyond="1/minute")
MARK_LABELS: Labels = {
    "5": _("5: very good"),
    "4": _("4: good"),
    "3": _("3: neither good nor bad"),
    "2": _("2: bad"),
    "1": _("1: very bad"),
}


def mark_field() -> Any:
    """How it was."""
    return Choice(
        _("How was your visit?"),
        choices=[(str(mark), MARK_LABELS[str(mark)]) for mark in MARKS],
        validators=[InputRequired(_("Choose how your visit was"))],
    )


def comment_field() -> Any:
    """A line, if they like."""
    return LongText(
        _("What could we do better? (optional)"),
        description=_("Please write no names and nothing about your case: nobody can answer you"),
        longest=LONGEST_COMMENT,
        validators=[optional()],
        render_kw={"rows": 3, "dir": "auto"},
    )


class RatingForm(Form):
    """A mark, and a line if they like."""

    mark = mark_field()
    comment = comment_field()

    @property
    def rating(self) -> Rating:
        """The answer."""
        return Rating(int(self.mark.data), " ".join((self.comment.data or "").split()))


class KioskRatingForm(Form):
    """The same, and for what they came."""

    service = Dropdown(_("What did you come for?"), validators=[InputRequired(_("Choose what you came for"))])
    mark = mark_field()
    comment = comment_field()
    rating = RatingForm.rating


@blueprint.route("/r/<token>", methods=["GET", "POST"], endpoint="rate")
@public
def rate(token: str) -> ResponseReturnValue:
    """The two questions, or thanks for the answer. Opening the link changes nothing."""
    runtime = current_runtime()
    with runtime.database.reading() as db:
        try:
            asked = asked_visit(db, runtime.settings.secret_keys, token, runtime.clock.now())
        except NotFound:
            return link_unknown(authorities(db))
        follow_link(language_of(db, asked.appointment_id))
        context = resident_context(runtime, db, catalogue_by_id(db, asked.authority_id))
        form = RatingForm()
        if asked.is_answered or asked.is_late or asked.is_withdrawn:
            is_withdrawn = asked.is_withdrawn and not asked.is_answered
            return show("rated", context, is_late=asked.is_late and not asked.is_answered, is_withdrawn=is_withdrawn)
        if not form.validate_on_submit():
            status = 400 if form.errors else 200
            return show("rate", context, form=form, url=request.path, has_errors=bool(form.errors)), status
    check_slowing_limit(runtime, BY_LINK, "ratings", origin_of(request.remote_addr))
    rate_by_link(runtime, token, form.rating)
    return redirect(url_for("resident.rate", token=token), code=303)


@blueprint.route(f"{KIOSK_PATH}/rating", methods=["GET", "POST"], endpoint="kiosk_rate")
@public
def rate_here(authority: str, slug: str) -> ResponseReturnValue:
    """The same questions at the kiosk."""
    with council_context(authority) as context:
        site, form = kiosk_site(context, slug), KioskRatingForm()
        services = [one for one in context.catalogue.services if one.id in site.service_ids]
        form.service.choices = [("", gettext("Choose")), *((one.slug, one.name) for one in services)]
        if not form.validate_on_submit():
            return form_page(context, site, "kiosk_rate", form=form)
        check_slowing_limit(context.runtime, AT_KIOSK, "kiosk ratings", site.slug, origin_of(request.remote_addr))
    rate_at_kiosk(context.runtime, context.authority.id, site.slug, form.service.data, form.rating)
    return redirect(url_for("resident.kiosk_rated", authority=authority, slug=slug), code=303)


@blueprint.get(f"{KIOSK_PATH}/rating/thanks", endpoint="kiosk_rated")
@public
def thank(authority: str, slug: str) -> ResponseReturnValue:
    """Thanks, and then the first page."""
    with council_context(authority) as context:
        return cleared_page(context, kiosk_site(context, slug), "kiosk_rated")
