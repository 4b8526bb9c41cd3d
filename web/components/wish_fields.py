"""The questions about an earlier time, for residents and for staff: which days, which part of the day, and where."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from booking.queries.open_wishes import WishView
from booking.queries.slots import SlotQuery, candidate_sites, open_dates
from core.wall_clock import dates_between
from locations.model import Catalogue, SiteFacts
from web.components.form_fields import Choice, Choices, Form
from web.labels import Labels
from web.request_language import current_language, day_names

ANY, MORNING, AFTERNOON = "any", "morning", "afternoon"
PARTS: Labels = {ANY: _l("Any time"), MORNING: _l("Before 12 noon"), AFTERNOON: _l("From 12 noon on")}
HERE, ANYWHERE = "here", "anywhere"
NOON = time(12)
LOOKED_AHEAD = timedelta(days=28)  # in which every place opens as it usually does


class WishForm(Form):
    """When and where somebody would come earlier."""

    weekdays = Choices(_l("Which days suit?"), description=_l("Choose none if any day suits"), validate_choice=False)
    part = Choice(_l("What time of day?"), choices=list(PARTS.items()), default=ANY)
    where = Choice(_l("Where?"), default=HERE)

    def offer(self, catalogue: Catalogue, query: SlotQuery, here: SiteFacts | None, today: date) -> None:
        """Ask for the days on which the visit can be had at all, and for the place where there are several."""
        dates = open_dates(catalogue, query, dates_between(today, today + LOOKED_AHEAD))
        open_days = sorted({str(day.isoweekday()) for day in dates})
        self.weekdays.choices = [(code, day_names()[int(code) - 1]) for code in open_days]
        self.others = candidate_sites(catalogue, query)
        if here is None or len(self.others) < 2:
            del self.where
        else:
            only_here = gettext("Only at %(site)s", site=here.name)
            self.where.choices = [(HERE, only_here), (ANYWHERE, _l("At any of our places"))]

    def show(self, wish: WishView) -> None:
        """Show what they wanted so far."""
        self.weekdays.data = [str(day) for day in wish.weekdays]
        self.part.data = part_of(wish)
        if "where" in self:
            self.where.data = ANYWHERE if wish.sites else HERE

    @property
    def wanted_weekdays(self) -> tuple[int, ...]:
        """The days of the week that were chosen; none of them is any."""
        return tuple(int(code) for code in self.weekdays.data or () if code in set("1234567"))

    @property
    def hours(self) -> tuple[time | None, time | None]:
        """From when, and before when."""
        return NOON if self.part.data == AFTERNOON else None, NOON if self.part.data == MORNING else None

    @property
    def sites(self) -> tuple[str, ...]:
        """The slugs of the places, where not the appointment's own is meant."""
        is_anywhere = "where" in self and self.where.data == ANYWHERE
        return tuple(site.slug for site in self.others) if is_anywhere else ()


class AnywhereForm(WishForm):
    """The same for somebody without an appointment, with the places."""

    places = Choices(_l("Which places suit?"), description=_l("Choose none if any place suits"), validate_choice=False)

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
    return AFTERNOON if wish.from_time == NOON else MORNING if wish.to_time == NOON else ANY


def wish_lines(wish: WishView, here: SiteFacts | None) -> Sequence[tuple[str, str]]:
    """What somebody waits for, as pairs of a label and words."""
    days = current_language().all_of([day_names()[day - 1] for day in wish.weekdays])
    places = current_language().all_of([site.name for site in wish.sites] or ([here.name] if here else []))
    return (
        (gettext("Days"), days or gettext("Any day")),
        (gettext("Time of day"), hours_text(wish)),
        (gettext("Where"), places or gettext("Any place")),
    )


def hours_text(wish: WishView) -> str:
    """The hours of a wish in words."""
    named = (wish.from_time, wish.to_time) in ((None, None), (NOON, None), (None, NOON))
    if named:
        return str(PARTS[part_of(wish)])
    first, last = (f"{hour:%H:%M}" if hour else "" for hour in (wish.from_time, wish.to_time))
    if first and last:
        return str(gettext("From %(first)s to %(last)s", first=first, last=last))
    return str(gettext("From %(first)s", first=first) if first else gettext("Before %(last)s", last=last))
