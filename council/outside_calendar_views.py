"""Calendars that people and rooms have elsewhere: added, tried, read again and removed."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired, InputRequired

from booking.outside.busy_times import CALDAV, ICS, CalendarSource, CalendarUnread, Reading, ReadLimits
from booking.queries.calendars_elsewhere import outside_calendars
from booking.use_cases.outside_calendars import add_calendar, read_again, read_calendar, remove_calendar
from core.bounded_fetch import LONGEST_ADDRESS, FetchLimits, is_complete_address
from core.deadlines import seconds_left
from core.errors import Invalid
from core.problems import joined_texts
from core.rate_limits import check_rate_limit
from core.wall_clock import instant_of
from council.council_blueprint import SET_UP_PATH, blueprint
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.admission import REQUEST_SECONDS
from web.components.form_fields import AtMost, Choice, Dropdown, Form, Password, Text, optional
from web.labels import Labels
from web.page_context import StaffContext, staff_context
from web.request_language import current_language, format_moment

CALENDARS_PATH = f"{SET_UP_PATH}/outside-calendars"
FETCHES = "60/hour"  # by one member of staff: each waits for another server
FETCH_SECONDS, EXPAND_SECONDS, OWN_SECONDS = 5.0, 2.0, 1.5  # of the time of a request
UNREAD: Labels = {
    "address": _l("The address must begin with https:// and be complete"),
    "private": _l("The address leads into a private network. Ask whoever runs the service to allow its host"),
    "unreachable": _l("No server answers at the address. Check it"),
    "slow": _l("The server took too long to answer"),
    "too_long": _l("The calendar has more than 2 MB. Choose one with fewer events"),
    "redirects": _l("The address leads on to others too often"),
    "broken": _l("What came from the address cannot be read"),
    "not_allowed": _l("The server does not let us in. Check the user name and the password"),
    "not_there": _l("There is no calendar at the address"),
    "status": _l("The server answered with an error"),
    "no_calendar": _l("What came from the address is no calendar"),
    "too_much": _l("The calendar has too many events to work out. At most 1,000 can be busy times"),
    "nobody": _l("The person or room is not in use any more. Remove the calendar"),
    "key_gone": _l("The secret key of the service has changed. Remove the calendar and add it again"),
}
KIND_CHOICES = [
    (ICS, _l("A calendar file: its address often ends in .ics")),
    (CALDAV, _l("A CalDAV calendar, with a user name and a password")),
]


class OutsideCalendarForm(Form):
    """Whose calendar it is, where it stands, and how we get in."""

    resource = Dropdown(_l("Whose calendar is it?"), validators=[DataRequired(_l("Choose a person or a resource"))])
    kind = Choice(_l("What is at the address?"), choices=KIND_CHOICES, validators=[InputRequired(_l("Choose one"))])
    address = Text(
        _l("Address"),
        description=_l("Calendar programs call it “secret address in iCal format”, “publish” or “CalDAV address”"),
        validators=[DataRequired(_l("Enter the address")), AtMost(LONGEST_ADDRESS)],
        render_kw={"spellcheck": "false", "autocomplete": "off", "inputmode": "url", "dir": "ltr"},
    )
    user = Text(
        _l("User name (optional)"),
        validators=[optional(), AtMost(200)],
        render_kw={"spellcheck": "false", "autocomplete": "off", "classes": "govuk-input--width-20"},
    )
    password = Password(
        _l("Password (optional)"),
        description=_l("We keep it encrypted, and never show it again"),
        validators=[optional(), AtMost(200)],
        render_kw={"autocomplete": "off", "classes": "govuk-input--width-20"},
    )

    @property
    def source(self) -> CalendarSource:
        """The calendar that is meant."""
        address = (self.address.data or "").strip()
        if address.startswith("webcal://"):
            address = f"https://{address.removeprefix('webcal://')}"
        return CalendarSource(self.kind.data or "", address, self.user.data or "", self.password.data or "")


@blueprint.get(CALENDARS_PATH)
@requires(Action.MANAGE_SET_UP)
def outside_calendar_list() -> ResponseReturnValue:
    """The calendars, and the form for another one."""
    with staff_context() as context:
        return _page(context, _form(context, is_empty=True))


@blueprint.post(CALENDARS_PATH, endpoint="add_outside_calendar")
@requires(Action.MANAGE_SET_UP)
def add_outside_calendar() -> ResponseReturnValue:
    """Read the calendar once: then it is added, or only said what was found."""
    with staff_context() as context:
        form = _form(context)
        if not _is_valid(form, context.runtime.settings.calendar_hosts):
            return _page(context, form), 400
        _count(context)
        catalogue = context.catalogue
    try:
        reading = read_calendar(context.runtime, catalogue, form.source, limits=page_limits())
    except CalendarUnread as error:
        return _refused("address", str(UNREAD[error.code]))
    if reading is None or "try" in request.form:
        with staff_context() as context:
            form = _form(context)
            again = gettext("Enter the password again to add it.") if form.password.data else ""
            return _page(context, form, found=f"{_found(context, reading)} {again}".strip())
    try:
        listed = add_calendar(
            context.runtime,
            context.authority.id,
            int(form.resource.data),
            form.source,
            reading,
            actor=context.actor,
        )
    except Invalid as error:
        return _refused(next(iter(error.errors)), joined_texts(error, current_language()))
    return redirect(url_for("council.outside_calendar_list", said="added", listed=listed), code=303)


@blueprint.post(f"{CALENDARS_PATH}/<int:calendar>", endpoint="change_outside_calendar")
@requires(Action.MANAGE_SET_UP)
def change_outside_calendar(calendar: int) -> ResponseReturnValue:
    """Read a calendar now, or remove it."""
    with staff_context() as context:
        pass
    if "remove" in request.form:
        remove_calendar(context.runtime, context.authority.id, calendar, actor=context.actor)
        return redirect(url_for("council.outside_calendar_list", said="removed"), code=303)
    _count(context)
    try:
        read_again(context.runtime, context.authority.id, calendar, page_limits())
    except CalendarUnread:
        return redirect(url_for("council.outside_calendar_list", said="unread"), code=303)
    return redirect(url_for("council.outside_calendar_list", said="read"), code=303)


def page_limits() -> ReadLimits:
    """What a page may wait for: the rest of its time is for its own work, and others wait for their turn meanwhile."""
    left = seconds_left(REQUEST_SECONDS) - EXPAND_SECONDS - OWN_SECONDS
    return ReadLimits(FetchLimits(seconds=max(0.0, min(FETCH_SECONDS, left))), EXPAND_SECONDS)


def _is_valid(form: OutsideCalendarForm, allowed_hosts: Sequence[str]) -> bool:
    """Whether all fields can be used: everything that is wrong is said at once, before anything is fetched."""
    form.validate()
    if not form.address.errors and not is_complete_address(form.source.address, allowed_hosts):
        form.refuse("address", str(UNREAD["address"]))
    return not form.errors


def _refused(field: str, text: str) -> ResponseReturnValue:
    """The page with what was typed, and what is wrong with it."""
    with staff_context() as context:
        form = _form(context)
        form.refuse(field, text)
        return _page(context, form), 400


def _count(context: StaffContext) -> None:
    """Raises: RateLimited."""
    check_rate_limit(context.runtime, FETCHES, "outside calendars", str(context.staff.staff_id))


def _form(context: StaffContext, *, is_empty: bool = False) -> OutsideCalendarForm:
    """The form, with all that can have a calendar; with `is_empty`, without what was sent."""
    form = OutsideCalendarForm(formdata=None) if is_empty else OutsideCalendarForm()
    people = [(str(person.id), person.name) for person in context.catalogue.people]
    at_sites = [
        (str(one.id), f"{one.name}, {site.name}")
        for site in context.catalogue.sites
        for one in site.resources
        if not one.is_council_wide
    ]
    form.resource.choices = [("", gettext("Choose one")), *people, *at_sites]
    return form


def _found(context: StaffContext, reading: Reading | None) -> str:
    """What was read, in a sentence: "Read 12 busy times. The next is on ..."."""
    ahead = [one for one in (reading.periods if reading else ()) if instant_of(one.last_unit) > context.now]
    counted = ngettext("Read %(num)d busy time.", "Read %(num)d busy times.", len(ahead))
    if not ahead:
        return str(counted)
    first = instant_of(ahead[0].first_unit)
    return (
        f"{counted} {gettext('The next: %(moment)s.', moment=format_moment(first.astimezone(ZoneInfo(context.zone))))}"
    )


SAID: Labels = {
    "added": _l("The calendar is added. Its busy times are not offered any more."),
    "removed": _l("The calendar is removed. Its busy times are offered again."),
    "read": _l("The calendar was read."),
    "unread": _l("The calendar could not be read. What we knew stays in force."),
}


def _page(context: StaffContext, form: OutsideCalendarForm, found: str = "") -> str:
    listed = request.args.get("listed", "0")
    return render_template(
        "council/outside_calendars.html",
        form=form,
        has_errors=bool(form.errors),
        found=found,
        calendars=outside_calendars(context.db, context.authority.id, context.now),
        unread=UNREAD,
        zone=context.zone,
        name=context.authority.name,
        said=SAID.get(request.args.get("said", "")) if request.method == "GET" else None,
        has_failed=request.args.get("said") == "unread",
        listed=int(listed) if listed.isascii() and listed.isdecimal() and len(listed) < 6 else 0,
    )
