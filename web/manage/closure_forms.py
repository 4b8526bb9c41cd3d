"""The form on which something is shut."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext, lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms.validators import DataRequired

from booking.use_cases.make_closure import NewClosure
from core.errors import Invalid
from core.problems import joined_texts
from core.wall_clock import ONE_DAY, wall_instant
from locations.model import Catalogue, ResourceFacts, SiteFacts
from web.components.form_fields import AtMost, Choice, Dropdown, Form, Text, optional
from web.components.moment_fields import ClockField, DayField
from web.labels import MODES
from web.names_apart import names_apart
from web.request_language import current_language

LONGEST_REASON = 200
NOW, LATER = "now", "later"
# Where what the use case refuses stands on the form.
FIELD_OF = {"starts_at": "from_day", "ends_at": "until_day", "site": "resource"}
DAY_LOOK = {"classes": "govuk-input--width-10"}
MEANS_LATER = {"data-chooses": f"starts {LATER}"}  # whoever gives a first day or time


class ClosureForm(Form):
    """What is shut at a place, from when until when, and why."""

    resource = Dropdown(lazy_gettext("What is shut?"), default="")
    starts = Choice(
        lazy_gettext("From when?"),
        choices=[(NOW, lazy_gettext("From now on")), (LATER, lazy_gettext("From a day that I give here"))],
        default=NOW,
    )
    from_day = DayField(
        lazy_gettext("First day"),
        validators=[optional()],
        render_kw=DAY_LOOK | MEANS_LATER | {"data-not-after": "until_day"},
    )
    from_time = ClockField(
        lazy_gettext("Time on the first day"),
        description=lazy_gettext("Leave it empty for the whole day"),
        validators=[optional()],
        render_kw=DAY_LOOK | MEANS_LATER,
    )
    until_day = DayField(
        lazy_gettext("Last day"), validators=[DataRequired(lazy_gettext("Enter the last day"))], render_kw=DAY_LOOK
    )
    until_time = ClockField(
        lazy_gettext("Time on the last day when it opens again"),
        description=lazy_gettext("Leave it empty for the whole day"),
        validators=[optional()],
        render_kw=DAY_LOOK,
    )
    reason = Text(
        lazy_gettext("Reason (optional)"),
        description=lazy_gettext("Staff see it beside whoever has to be rebooked. For example, “The boiler is broken”"),
        validators=[optional(), AtMost(LONGEST_REASON)],
    )
    service = Dropdown(lazy_gettext("Which services?"), default="")
    topic = Dropdown(lazy_gettext("Which topics?"), default="")
    mode = Dropdown(lazy_gettext("Which ways to meet?"), default="")

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything can be used; a first day is needed unless it begins now, and then there is none."""
        is_valid = super().validate(extra_validators)
        if self.starts.data == LATER and self.from_day.day is None and not self.from_day.errors:
            self.refuse("from_day", gettext("Enter the first day"))
            return False
        if self.starts.data == NOW and (self.from_day.data or self.from_time.data):
            self.refuse(
                "starts", gettext("You gave a first day or time. Choose if it is shut from now on, or from then")
            )
            return False
        return bool(is_valid)

    def new_closure(self, site: SiteFacts | None, zone: str, now: datetime) -> NewClosure:
        """What a valid form says. A time that was left out is the beginning of the first day, the end of the last."""
        return NewClosure(
            starts_at=self.starts_at(zone, now),
            ends_at=end_of(self.until_day.day or date.min, self.until_time.wall_time, zone),
            reason=self.reason.data or "",
            site=site.slug if site else None,
            resource=self.resource.data or None,
            service=self.service.data or None,
            topic=self.topic.data or "",
            mode=self.mode.data or "",
        )

    def refuse_all(self, error: Invalid) -> None:
        """Put what the use case refused at the fields."""
        for name, reasons in error.errors.items():
            self.refuse(FIELD_OF.get(name, name), joined_texts(Invalid({name: reasons}), current_language()))

    def starts_at(self, zone: str, now: datetime) -> datetime:
        """When it begins, as a valid form says."""
        if self.starts.data == NOW:
            return now.replace(second=0, microsecond=0)
        return wall_instant(self.from_day.day or date.min, self.from_time.wall_time or time.min, zone)


class PeriodForm(Form):
    """From when until when something is shut that is shut already."""

    from_day = DayField(
        lazy_gettext("First day"), validators=[DataRequired(lazy_gettext("Enter the first day"))], render_kw=DAY_LOOK
    )
    from_time = ClosureForm.from_time
    until_day = ClosureForm.until_day
    until_time = ClosureForm.until_time
    refuse_all = ClosureForm.refuse_all

    def period(self, zone: str) -> tuple[datetime, datetime]:
        """The first and the last instant that a valid form says."""
        starts_at = wall_instant(self.from_day.day or date.min, self.from_time.wall_time or time.min, zone)
        return starts_at, end_of(self.until_day.day or date.min, self.until_time.wall_time, zone)


def period_form(sent: Mapping[str, str] | None, starts_at: datetime, ends_at: datetime, zone: str) -> PeriodForm:
    """The form with what was sent, or else with this period."""
    if sent is not None:
        return PeriodForm(
            formdata=MultiDict(sent), meta={"csrf": False}
        )  # the guard checks the token of whatever writes
    first, last = (at.astimezone(ZoneInfo(zone)) for at in (starts_at, ends_at))
    if is_midnight(last):
        until_day, until_time = last.date() - ONE_DAY, ""
    else:
        until_day, until_time = last.date(), f"{last:%H:%M}"
    values = {
        "from_day": first.date().isoformat(),
        "from_time": "" if is_midnight(first) else f"{first:%H:%M}",
        "until_day": until_day.isoformat(),
        "until_time": until_time,
    }
    return PeriodForm(formdata=None, meta={"csrf": False}, **values)


def end_of(day: date, clock_time: time | None, zone: str) -> datetime:
    """The instant at which something that is shut until then opens again; without a time, the end of the day."""
    return wall_instant(day + ONE_DAY, time.min, zone) if clock_time is None else wall_instant(day, clock_time, zone)


def closure_form(
    catalogue: Catalogue, site: SiteFacts | None, sent: Mapping[str, str] | None, today: date
) -> ClosureForm:
    """The form for this site, or the whole council, with what was sent, if anything was."""
    formdata = None if sent is None else MultiDict(sent)
    # The guard checks the token of whatever writes; the preview only asks.
    form = ClosureForm(formdata=formdata, meta={"csrf": False}, until_day=today.isoformat())
    offered = [one for one in catalogue.services if site is None or one.id in site.service_ids]
    topics = dict.fromkeys(one.topic for one in offered if one.topic)
    resources = catalogue.people if site is None else site.resources
    modes = dict.fromkeys(mode for one in catalogue.sites if site in (None, one) for mode in one.modes)
    everything = gettext("Everything") if site is None else gettext("Everything at %(site)s", site=site.name)
    form.resource.choices = [("", everything), *_named(resources, site)]
    form.service.choices = [("", gettext("All services")), *names_apart(offered).items()]
    form.topic.choices = [("", gettext("All topics")), *((topic, topic) for topic in topics)]
    form.mode.choices = [("", gettext("All ways")), *((mode, str(MODES[mode])) for mode in modes)]
    return form


def _named(resources: Iterable[ResourceFacts], site: SiteFacts | None) -> Iterator[tuple[str, str]]:
    """Slug and name of each; of somebody who works at several sites, that they are away from this one alone."""
    resources = list(resources)
    names = names_apart(resources)
    for one in resources:
        if site is None or not one.is_council_wide:
            yield one.slug, names[one.slug]
        else:
            yield one.slug, str(gettext("%(name)s, at %(site)s alone", name=names[one.slug], site=site.name))


def fields_of(new: NewClosure, zone: str) -> dict[str, str]:
    """The fields of a form that says exactly this, whenever it is sent."""
    first, last = (at.astimezone(ZoneInfo(zone)) for at in (new.starts_at, new.ends_at))
    return {
        "site": new.site or "",
        "resource": new.resource or "",
        "service": new.service or "",
        "topic": new.topic,
        "mode": new.mode,
        "starts": LATER,
        "from_day": first.date().isoformat(),
        "from_time": f"{first:%H:%M}",
        "until_day": last.date().isoformat(),
        "until_time": f"{last:%H:%M}",
        "reason": new.reason,
    }


def is_midnight(at: datetime) -> bool:
    """Whether a day ends at this time of a place's clock."""
    return (at - timedelta(minutes=1)).date() != at.date()
