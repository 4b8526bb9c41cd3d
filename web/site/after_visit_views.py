"""After a visit: what was done and what happens next, if somebody wants to say it, and the next appointment by one click."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import optional

from booking.queries.counter_visits import CounterVisit, counter_visit, next_times, same_time_next_week
from booking.states import State, may_write_words
from booking.use_cases.after_visit import book_follow_up, write_words
from booking.use_cases.end_of_visit import AtCounter
from booking.use_cases.next_booking import take_back_next
from booking.visits.visit_states import HERE, SEEN
from booking.visits.visit_words import LONGEST_WORDS, NO_WORDS, VisitWords, is_too_early
from core.errors import IdempotencyMismatch, IllegalMove, Stale
from people.residents.access_log import log_access
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.summary_expected_queries import expected_of_summary
from web.components.form_fields import AtMost, Choice, FieldError, Form, Text, errors_of
from web.page_context import SiteContext, site_context
from web.request_language import format_moment, format_time
from web.site.next_visit_form import (
    REFUSALS,
    booking_sent,
    name_field,
    next_booked,
    phone_field,
    refusal_of,
    slot_field,
    told_of_next,
)
from web.site.site_blueprint import SITE_PATH, blueprint
from web.told import ToldLine, told_lines

AFTER_PATH = f"{SITE_PATH}/after/<reference>"
_LINE = {"autocomplete": "off", "dir": "auto"}


class WordsForm(Form):
    """What was done, chosen or typed, and what happens next: both may be left empty."""

    line = Choice(_l("What was done?"), validate_choice=False, validators=[optional()])
    done = Text(_l("What was done? (optional)"), validators=[optional(), AtMost(LONGEST_WORDS)], render_kw=_LINE)
    next_step = Text(
        _l("What happens next? (optional)"), validators=[optional(), AtMost(LONGEST_WORDS)], render_kw=_LINE
    )

    @property
    def words(self) -> VisitWords:
        """What is kept: a line that was chosen, or what was typed."""
        return VisitWords(self.done.data or self._chosen, self.next_step.data or "")

    @property
    def _chosen(self) -> str:
        return str(self.line.data) if self.line and self.line.data in dict(self.line.choices) else ""

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything can be used; nobody knows which is meant of a line and of other words."""
        is_valid = bool(super().validate(extra_validators))
        if is_valid and self._chosen and self.done.data:
            self.refuse("done", _("Choose a line above, or say it in your own words here, not both"))
            return False
        return is_valid


class FollowUpForm(Form):
    """When they come next, each time a button of its own; and who they are, where nobody knows it yet."""

    slot = slot_field()
    name = name_field()
    phone = phone_field()


@blueprint.get(AFTER_PATH, endpoint="after")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def show(site: str, reference: str) -> ResponseReturnValue:
    """The forms, with what was said already."""
    with site_context(site) as context:
        return _page(context, _seen(context, reference))


@blueprint.post(AFTER_PATH, endpoint="write_words")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def write(site: str, reference: str) -> ResponseReturnValue:
    """Keep the words, and end the visit if it goes on."""
    with site_context(site) as context:
        seen = _seen(context, reference)
        form = _words_form(seen, is_sent=True)
        status = _words_refused(context, seen, form)
        if status is None:
            return _back(site, seen)
    with site_context(site) as context:
        return _page(context, _seen(context, reference), words=form), status


@blueprint.post(f"{AFTER_PATH}/next", endpoint="book_follow_up")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def book(site: str, reference: str) -> ResponseReturnValue:
    """Book the time whose button was pressed."""
    with site_context(site) as context:
        seen = _seen(context, reference)
        form = _follow_up_form(context, seen, is_sent=True)
        status = _booking_refused(context, seen, form)
        if status is None:
            return _back(site, seen)
    with site_context(site) as context:
        seen = _seen(context, reference)
        _offer(context, seen, form)
        return _page(context, seen, follow_up=form), status


@blueprint.post(f"{AFTER_PATH}/cancel", endpoint="cancel_follow_up")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def cancel_booked(site: str, reference: str) -> ResponseReturnValue:
    """Cancel what was booked next."""
    with site_context(site) as context:
        here = AtCounter(context.authority.id, context.site.id, reference, request.form.get("seen", ""))
        version = request.form.get("version") or None
        try:
            take_back_next(context.runtime, here, actor=context.actor, version=version)
        except Stale:
            with site_context(site) as again:
                return _page(again, _seen(again, reference), has_changed=True), 409
        return _back(site, _seen(context, reference))


def _seen(context: SiteContext, reference: str) -> CounterVisit:
    return counter_visit(context.db, context.catalogue, context.site, reference)


def _back(site: str, seen: CounterVisit) -> ResponseReturnValue:
    return redirect(url_for("site.after", site=site, reference=seen.reference), code=303)


def _here(context: SiteContext, seen: CounterVisit) -> AtCounter:
    return AtCounter(context.authority.id, context.site.id, seen.reference, request.form.get("seen", ""))


def _words_form(seen: CounterVisit, *, is_sent: bool = False) -> WordsForm:
    """The form as it was sent, or with what was said. Without lines of the service there is nothing to choose."""
    lines = tuple(dict.fromkeys(line for service in seen.services for line in service.done_lines))
    said = seen.visit.words if seen.visit is not None else NO_WORDS
    typed, chosen = ("", said.done) if said.done in lines else (said.done, "")
    form = WordsForm() if is_sent else WordsForm(formdata=None, line=chosen, done=typed, next_step=said.next_step)
    if lines:
        form.line.choices = [*((one, one) for one in lines), ("", _("None of these"))]
        form.line.data = form.line.data or ""
        form.done.label.text = _("In other words (optional)")
    else:
        del form.line
    return form


def _words_refused(context: SiteContext, seen: CounterVisit, form: WordsForm) -> int | None:
    """Keep what the form says. The status where that was refused, with what stands against it in the form; or None."""
    if not form.validate():
        return 400
    if comes_at := _comes_at(context, seen):
        form.refuse("done", _("Their appointment is at %(time)s, and nobody has marked them as here.", time=comes_at))
        return 409
    words = form.words
    try:
        key = context.form_key(f"after:{seen.reference}", (seen.reference, words))
        write_words(context.runtime, _here(context, seen), words, actor=context.actor, idempotency=key)
    except (Stale, IllegalMove, IdempotencyMismatch) as error:
        text, status = refusal_of(error)
        form.refuse("done", text)
        return status
    return None


def _follow_up_form(context: SiteContext, seen: CounterVisit, *, is_sent: bool = False) -> FollowUpForm:
    form = FollowUpForm() if is_sent else FollowUpForm(formdata=None, name=seen.name)
    _offer(context, seen, form)
    return form


def _offer(context: SiteContext, seen: CounterVisit, form: FollowUpForm) -> None:
    """Let the form offer the same time next week first, then the next times; no field for what is known."""
    week = same_time_next_week(context.db, context.catalogue, seen, context.now)
    times = next_times(context.db, context.catalogue, seen, context.now)
    zone, at = ZoneInfo(context.zone), week.starts_at if week else None
    moments = [(one.token, format_moment(one.starts_at.astimezone(zone))) for one in times if one.starts_at != at]
    if week is not None:
        moment = format_moment(week.starts_at.astimezone(zone))
        moments.insert(0, (week.token, _("Next week, same time: %(moment)s", moment=moment)))
    form.slot.choices = moments
    form.slot.validate_choice = False  # one that has gone meanwhile is refused with words of its own
    if seen.resident_id is not None and form.name:
        del form.name, form.phone


def _booking_refused(context: SiteContext, seen: CounterVisit, form: FollowUpForm) -> int | None:
    """Book what the form says. The status where that was refused, with what stands against it in the form; or None."""
    if not form.validate():
        return 400
    if seen.resident_id is None and not form.name.data:
        form.refuse("name", _("Enter a name"))
        return 400
    try:
        booking = booking_sent(context, seen, form)
        if booking is None:
            form.refuse("slot", _("Choose a time, or none"))
            return 400
        key = context.form_key(f"follow-up:{seen.reference}", (seen.reference, form.slot.data))
        book_follow_up(context.runtime, _here(context, seen), booking, actor=context.actor, idempotency=key)
    except REFUSALS as error:
        text, status = refusal_of(error)
        form.refuse("slot", text)
        return status
    return None


def _page(
    context: SiteContext,
    seen: CounterVisit,
    *,
    words: WordsForm | None = None,
    follow_up: FollowUpForm | None = None,
    has_changed: bool = False,
) -> str:
    facts: dict[str, Any] = {
        "site_id": context.site.id,
        "visit_id": seen.visit.id if seen.visit else None,
        "appointment_id": seen.booked.id if seen.booked else None,
    }
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, seen.resident_id, context.actor, "after_visit", context.now, **facts)
    goes_on = _goes_on(context, seen)
    booked = next_booked(context, seen)
    may_book = seen.visit is not None and (seen.visit.state in (*HERE, *SEEN)) and not (booked and booked.is_open)
    follow_up = follow_up or (_follow_up_form(context, seen) if may_book else None)
    errors = errors_of(words) if words else []
    for error in errors_of(follow_up) if follow_up else []:
        errors.append(error if may_book else FieldError(error.text, ""))
    return render_template(
        "site/after_visit.html",
        site=context.site,
        seen=seen,
        form=words or _words_form(seen),
        follow_up=follow_up if may_book else None,
        errors=errors,
        has_errors=bool(errors),
        has_changed=has_changed,
        goes_on=goes_on,
        comes_at=_comes_at(context, seen),
        can_write=goes_on or _is_lately_over(context, seen),
        said=seen.visit.words if seen.visit is not None else NO_WORDS,
        booked=booked,
        may_change=context.may(Action.CHANGE_APPOINTMENT),
        told=_told_of_words(context, seen),
        told_of_next=told_of_next(context, seen) if may_book else (),
    )


def _goes_on(context: SiteContext, seen: CounterVisit) -> bool:
    """Whether the visit is one of today that the form ends."""
    if seen.visit is None:
        booked = seen.booked
        return booked is not None and booked.state is State.BOOKED and booked.local_date == context.today
    return seen.visit.state in HERE and seen.visit.local_date == context.today


def _comes_at(context: SiteContext, seen: CounterVisit) -> str:
    """When they come whose visit cannot be ended yet, because they come much later and nobody marked them as here."""
    booked = seen.booked if seen.visit is None else None
    if booked is None or booked.state is not State.BOOKED or not is_too_early(booked.starts_at, context.now):
        return ""
    return format_time(booked.starts_at.astimezone(ZoneInfo(context.zone)))


def _is_lately_over(context: SiteContext, seen: CounterVisit) -> bool:
    visit = seen.visit
    return visit is not None and visit.state in SEEN and may_write_words(visit.local_date, context.today)


def _told_of_words(context: SiteContext, seen: CounterVisit) -> tuple[ToldLine, ...]:
    """Who is told what is written."""
    if seen.booked is None:
        return (ToldLine(_("Nobody: they came without an appointment. Tell them yourself."), is_told=False),)
    return told_lines(expected_of_summary(context.db, context.authority, seen.booked.id, context.now))
