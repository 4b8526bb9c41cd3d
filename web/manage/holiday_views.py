"""Bank holidays with what each site does on them, and school holidays: as they are known, and from a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.importing.clashes import ImportRefused
from booking.importing.school_file import school_holidays_in, with_holidays
from booking.use_cases.change_set_up import ChangedMeanwhile, InvalidEdits
from core.wall_clock import dates_between
from locations.bank_holidays import bank_holiday, published_until
from locations.importing.difference import Key
from locations.importing.set_up_tables import Edit, fingerprint
from locations.model import SiteFacts
from locations.opening_hours import holiday_on
from locations.school_holidays import school_holidays_end, school_periods
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.components.form_fields import FieldError
from web.manage.field_words import WORDS
from web.manage.manage_blueprint import SET_UP_PATH, blueprint
from web.manage.set_up_context import address_of, preview_address, things_of
from web.manage.set_up_file_texts import mistake_text
from web.manage.set_up_proposals import Proposal, lead_to_preview
from web.page_context import StaffContext, staff_context
from web.request_language import all_of
from web.uploads import uploaded

HOLIDAYS_PATH = f"{SET_UP_PATH}/holidays"
AHEAD = timedelta(days=365)
MOST_NAMED = 5
MOST_SHOWN = 50


@dataclass(frozen=True)
class BankHoliday:
    """A bank holiday: its date and name, and what the sites do on it."""

    date: date
    name: str
    sites: str


@blueprint.get(HOLIDAYS_PATH)
@requires(Action.MANAGE_SET_UP)
def holidays() -> ResponseReturnValue:
    """Both kinds of holidays, and the form for a file of school holidays."""
    with staff_context() as context:
        return _page(context, [])


@blueprint.post(HOLIDAYS_PATH)
@requires(Action.MANAGE_SET_UP)
def send_school_holidays() -> ResponseReturnValue:
    """What the school holidays of the file would change, or what is wrong with it, by line."""
    if "proposal" in request.form:  # back from a preview that somebody else was faster than
        return redirect(url_for("manage.holidays"), code=303)
    content = uploaded()
    with staff_context() as context:
        if not content:
            return _page(context, [_("Choose a file")]), 400
        try:
            new = school_holidays_in(content)
        except ImportRefused as error:
            return _page(context, [mistake_text(clash) for clash in error.clashes[:MOST_SHOWN]]), 400
        key = Key("council", (context.authority.slug,))
        table = things_of(context)[key].table
        holidays = with_holidays(table.get("school_holidays", ()), new)
        form = url_for("manage.holidays")
        proposal = Proposal((Edit(key, {**table, "school_holidays": holidays}),), {key: fingerprint(table)}, form, form)
        try:
            return lead_to_preview(context, proposal, preview_address, back_url=form)
        except InvalidEdits as error:
            texts = [one.what for one in error.errors[:MOST_SHOWN]]
        except ChangedMeanwhile:
            texts = [_("Somebody else has changed the council at this moment. Send the file again.")]
        return _page(context, texts), 400


def _bank_holidays(context: StaffContext, division: str) -> Iterator[BankHoliday]:
    sites = [site for site in context.catalogue.sites if site.holidays.division == division]
    for day in dates_between(context.today, context.today + AHEAD):
        name = bank_holiday(day, division)
        if name:
            yield BankHoliday(day, name, _sites_text(sites, day))


def _sites_text(sites: list[SiteFacts], day: date) -> str:
    """Which of the sites are open, or that all are shut."""
    is_open = [site.name for site in sites if not holiday_on(site, day)]
    if not is_open:
        return str(_("All sites are shut"))
    if len(is_open) == len(sites):
        return str(_("Every site does as on other days"))
    if len(is_open) > MOST_NAMED:
        return str(_("%(count)s of %(all)s sites are shut", count=len(sites) - len(is_open), all=len(sites)))
    return str(_("All sites are shut but %(names)s", names=all_of(is_open)))


def _page(context: StaffContext, errors: list[str]) -> str:
    division = context.authority.division
    return render_template(
        "manage/holidays.html",
        name=context.authority.name,
        division=WORDS[division],
        bank_holidays=list(_bank_holidays(context, division)),
        known_until=published_until(division),
        school_holidays=school_periods(context.authority.school_holidays),
        school_until=school_holidays_end(context.authority.school_holidays),
        council=address_of(Key("council", (context.authority.slug,))),
        errors=[FieldError(text, "file") for text in errors],
        has_errors=bool(errors),
        is_saved="saved" in request.args,
    )
