"""The questions about an earlier time, for residents and for staff: which days, which part of the day, and where."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.fields.choices import SelectChoice

from booking.proposals.wish_rules import BY_EMAIL, BY_PHONE, BY_TEXT
from booking.queries.nearest_sites import sites_by_distance
from booking.queries.open_wishes import WishView
from booking.queries.slots import SlotQuery, candidate_sites, open_dates
from core.errors import Invalid
from core.problems import joined_texts
from core.wall_clock import dates_between
from locations.model import Catalogue, SiteFacts
from locations.postcodes import locate
from web.components.form_fields import Choice, Choices, Form, optional
from web.components.moment_fields import ClockField, DayField
from web.labels import Labels
from web.request_language import current_language, day_names, format_day

ANY, MORNING, AFTERNOON, BETWEEN = "any", "morning", "afternoon", "between"
PARTS: Labels = {
    ANY: _l("Any time"),
    MORNING: _l("Before 12 noon"),
    AFTERNOON: _l("From 12 noon on"),
    BETWEEN: _l("Between the times that I give here"),
}
HERE, ANYWHERE, SOME = "here", "anywhere", "some"
MOST_PLACES = 30  # the nearest, or the first: of more nobody chooses
TIME_LOOK = {"classes": "govuk-input--width-10", "autocomplete": "off"}
NOON = time(12)
WAYS: Labels = {BY_EMAIL: _l("Write me an email"), BY_TEXT: _l("Send me a text"), BY_PHONE: _l("Ring me")}
TOLD_BY: Labels = {BY_EMAIL: _l("By email"), BY_TEXT: _l("By text"), BY_PHONE: _l("By a call")}
ANYBODY, OWN = "", "own"  # with whom
OTHER_PART = _l("You gave a time. Choose “Between the times that I give here”, or leave the times empty")
LOOKED_AHEAD = timedelta(days=28)  # in which every place opens as it usually does


class WishForm(Form):
    """When and where somebody would come earlier, how they are told, and with whom."""

    is_rung = False  # because there is no other way
    weekdays = Choices(_l("Which days suit?"), description=_l("Choose none if any day suits"), validate_choice=False)
    part = Choice(_l("What time of day?"), choices=list(PARTS.items()), default=ANY)
    from_time = ClockField(_l("Not before (optional)"), validators=[optional()], render_kw=TIME_LOOK)
    to_time = ClockField(_l("To begin before (optional)"), validators=[optional()], render_kw=TIME_LOOK)
    until = DayField(
        _l("Until which day? (optional)"),
        description=_l("The last day that is of use. Leave it empty if any day suits"),
        validators=[optional()],
        render_kw=TIME_LOOK,
    )
    where = Choice(_l("Where?"), default=HERE)
    places = Choices(_l("Which places suit?"), description=_l("Choose none if any place suits"), validate_choice=False)
    own_adviser = Choice(_l("With whom?"), default=ANYBODY)
    told_by = Choice(_l("How shall we tell you?"))

    def offer(self, catalogue: Catalogue, query: SlotQuery, here: SiteFacts | None, today: date) -> None:
        """Ask for the days on which the visit can be had at all, and for the place where there are several."""
        dates = open_dates(catalogue, query, dates_between(today, today + LOOKED_AHEAD))
        open_days = sorted({str(day.isoweekday()) for day in dates})
        self.weekdays.choices = [(code, day_names()[int(code) - 1]) for code in open_days]
        self.others = candidate_sites(catalogue, query)
        self.today = today
        if here is None or len(self.others) < 2:
            del self.where
        else:
            only_here = gettext("Only at %(site)s", site=here.name)
            some = (SOME, _l("At the places that I choose here")) if len(self.others) > 2 else None
            self.where.choices = [(HERE, only_here), (ANYWHERE, _l("At any of our places")), *([some] if some else [])]
        if here is not None:
            self._offer_near(catalogue, query, here)

    def offer_ways(self, ways: Sequence[str], chosen: str = "", words: Labels = WAYS) -> None:
        """Ask how they are told of a time, where there are several ways; the first is the usual one."""
        self.is_rung = tuple(ways) == (BY_PHONE,)
        if len(ways) < 2:
            del self.told_by
            return
        self.told_by.choices = [SelectChoice(way, words[way]) for way in ways]
        if not self.is_submitted():
            self.told_by.data = chosen if chosen in ways else ways[0]

    def offer_adviser(self, name: str, *, is_wanted: bool = False) -> None:
        """Ask with whom, where they have an adviser who can be booked."""
        if not name:
            del self.own_adviser
            return
        only = gettext("Only with %(name)s", name=name)
        self.own_adviser.choices = [(ANYBODY, gettext("Anybody who is free")), (OWN, only)]
        if not self.is_submitted():
            self.own_adviser.data = OWN if is_wanted else ANYBODY

    def _offer_near(self, catalogue: Catalogue, query: SlotQuery, here: SiteFacts) -> None:
        """Offer the places that are nearest to the appointment's own, where there is a choice."""
        near = locate(here.postcode) if here.postcode else None
        sites = [site for site, _ in sites_by_distance(catalogue, query, near)][:MOST_PLACES]
        self.places.choices = [(site.slug, site.name) for site in sites]
        self.places.description = None
        if len(self.others) < 3:
            del self.places

    def offer_wanted(self, wish: WishView) -> None:
        """Offer the days and places that they want already, too: days on which nothing opens now, and places far away."""
        listed = {code for code, _ in self.weekdays.choices}
        wanted = [str(day) for day in wish.weekdays if str(day) not in listed]
        days = [(code, day_names()[int(code) - 1]) for code in wanted]
        self.weekdays.choices = sorted([*self.weekdays.choices, *days], key=lambda day: int(day[0]))
        if "places" in self and "where" in self:
            near = {slug for slug, _ in self.places.choices}
            far = [(site.slug, site.name) for site in wish.sites if site.slug not in near]
            is_any = len(far) and {site.slug for site in wish.sites} >= {site.slug for site in self.others}
            self.places.choices = [*self.places.choices, *(() if is_any else far)]

    def show(self, wish: WishView) -> None:
        """Show what they wanted so far."""
        self.weekdays.data = [str(day) for day in wish.weekdays]
        self.part.data = part_of(wish)
        self.from_time.data = f"{wish.from_time:%H:%M}" if wish.from_time and self.part.data == BETWEEN else ""
        self.to_time.data = f"{wish.to_time:%H:%M}" if wish.to_time and self.part.data == BETWEEN else ""
        self.until.data = wish.until.isoformat() if wish.until else ""
        if "where" in self:
            wanted = {site.slug for site in wish.sites}
            is_any = wanted >= {site.slug for site in self.others}
            self.where.data = HERE if not wanted else ANYWHERE if is_any or "places" not in self else SOME
            if self.where.data == SOME:
                self.places.data = sorted(wanted)

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything can be used: times of day where they are said to count, and a place where some are."""
        is_valid = bool(super().validate(extra_validators)) and self._knows_choices()
        has_times = bool(self.from_time.data or self.to_time.data)
        if has_times and self.part.data in (MORNING, AFTERNOON):
            self.refuse("part", str(OTHER_PART))
            return False
        if self.part.data == BETWEEN and not has_times:
            self.refuse("from_time", gettext("Enter a time, or choose another time of day"))
            return False
        if "until" in self and self.until.day is not None and self.until.day < self.today:
            self.refuse("until", gettext("Choose today or a later day"))
            return False
        if "where" in self and self.where.data == SOME and not self.sites:
            self.refuse("places", gettext("Choose a place"))
            return False
        return is_valid

    def _knows_choices(self) -> bool:
        """Whether all days and places that were sent are on the page; one that is not is refused, and never left out."""
        for name in ("weekdays", "places"):
            listed = {code for code, _ in self[name].choices} if name in self else set()
            if name in self and not listed.issuperset(self[name].data or ()):
                label = str(self[name].label.text).rstrip("?")
                self.refuse(name, gettext("“%(field)s”: choose one of those on the page", field=label))
        return not self.errors

    def refuse_all(self, error: Invalid) -> bool:
        """Put what the use case refused at the fields; whether there is a field for all of it."""
        for name, reasons in error.errors.items():
            if name in self:
                self.refuse(name, joined_texts(Invalid({name: reasons}), current_language()))
        return all(name in self for name in error.errors)

    @property
    def way(self) -> str:
        """How they are told; empty as usual."""
        return str(self.told_by.data) if "told_by" in self else BY_PHONE * self.is_rung

    @property
    def is_for_own_adviser(self) -> bool:
        """Whether they come to their own adviser alone."""
        return "own_adviser" in self and self.own_adviser.data == OWN

    @property
    def wanted_weekdays(self) -> tuple[int, ...]:
        """The days of the week that were chosen; none of them is any."""
        return tuple(int(code) for code in self.weekdays.data or () if code in set("1234567"))

    @property
    def hours(self) -> tuple[time | None, time | None]:
        """From when, and before when."""
        if self.part.data in (ANY, BETWEEN):  # whoever gave times and chose nothing means them
            return self.from_time.wall_time, self.to_time.wall_time
        return NOON if self.part.data == AFTERNOON else None, NOON if self.part.data == MORNING else None

    @property
    def sites(self) -> tuple[str, ...]:
        """The slugs of the places, where not the appointment's own is meant."""
        where = self.where.data if "where" in self else HERE
        if where == SOME and "places" in self:
            known = {slug for slug, _ in self.places.choices}
            return tuple(slug for slug in self.places.data or () if slug in known)
        return tuple(site.slug for site in self.others) if where == ANYWHERE else ()


class AnywhereForm(WishForm):
    """The same for somebody without an appointment, with the places."""

    def offer_places(self, sites: Sequence[SiteFacts]) -> None:
        """Ask for the places, where there are several."""
        self.places.choices = [(site.slug, site.name) for site in sites]
        if len(sites) < 2:
            del self.places

    @property
    def sites(self) -> tuple[str, ...]:
        """The slugs of the places that were chosen; none of them is any."""
        if "places" not in self:
            return ()
        known = {slug for slug, _ in self.places.choices}
        return tuple(slug for slug in self.places.data or () if slug in known)


def part_of(wish: WishView) -> str:
    """Which of `PARTS` the hours of a wish are."""
    parts = {(None, None): ANY, (NOON, None): AFTERNOON, (None, NOON): MORNING}
    return parts.get((wish.from_time, wish.to_time), BETWEEN)


def wish_lines(wish: WishView, here: SiteFacts | None) -> Sequence[tuple[str, str]]:
    """What somebody waits for, as pairs of a label and words."""
    days = current_language().all_of([day_names()[day - 1] for day in wish.weekdays])
    places = current_language().all_of([site.name for site in wish.sites] or ([here.name] if here else []))
    until = [(gettext("Until"), format_day(wish.until))] if wish.until else []
    adviser = [(gettext("With whom"), gettext("Only with %(name)s", name=wish.adviser))] if wish.adviser else []
    told_by = [(gettext("Told"), str(TOLD_BY[wish.told_by]))] if wish.told_by else []
    return (
        (gettext("Days"), days or gettext("Any day")),
        (gettext("Time of day"), hours_text(wish)),
        *until,
        (gettext("Where"), places or gettext("Any place")),
        *adviser,
        *told_by,
    )


def hours_text(wish: WishView) -> str:
    """The hours of a wish in words."""
    if part_of(wish) != BETWEEN:
        return str(PARTS[part_of(wish)])
    first, last = (f"{hour:%H:%M}" if hour else "" for hour in (wish.from_time, wish.to_time))
    if first and last:
        return str(gettext("From %(first)s to %(last)s", first=first, last=last))
    return str(gettext("From %(first)s", first=first) if first else gettext("Before %(last)s", last=last))
