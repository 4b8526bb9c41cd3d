"""The form of somebody who finds no time that suits: which times would, and how we tell them of one."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired

from booking.availability.needs_met import never_met_at
from booking.proposals.wish_rules import BY_EMAIL, BY_PHONE, BY_TEXT
from booking.queries.nearest_sites import sites_by_distance
from booking.queries.slots import SlotQuery
from core.contact_values import takes_texts
from locations.model import Catalogue, SiteFacts
from locations.postcodes import locate
from web.components.form_fields import Choice, EmailField, NameField, PhoneField, optional
from web.components.wish_fields import MOST_PLACES, WAYS, AnywhereForm
from web.resident.search_state import REMOTE_MODES, SearchState

WEEKS = {"2": _l("Two weeks"), "4": _l("Four weeks"), "13": _l("Three months")}
REQUIRED: Mapping[str, LazyString] = {
    BY_EMAIL: _l("Enter your email address, or choose that we ring you"),
    BY_TEXT: _l("Enter your mobile phone number, or choose another way"),
    BY_PHONE: _l("Enter your phone number, or choose that we write to you"),
}
ASKED_FOR = {BY_EMAIL: "email", BY_TEXT: "phone", BY_PHONE: "phone"}  # the field that each way needs


class WaitForm(AnywhereForm):
    """Which times suit somebody without an appointment, who they are, and how we tell them."""

    weeks = Choice(_l("How long shall we look?"), choices=list(WEEKS.items()), default="4")
    name = NameField(
        _l("Full name"),
        validators=[DataRequired(_l("Enter a name"))],
        render_kw={"autocomplete": "name", "spellcheck": "false"},
    )
    told_by = Choice(
        _l("How shall we tell you?"),
        choices=list(WAYS.items()),
        validators=[InputRequired(_l("Choose how we should tell you"))],
    )
    email = EmailField(
        _l("Email address"), description=_l("Only if we should write you an email"), validators=[optional()]
    )
    phone = PhoneField(
        _l("Phone number"),
        description=_l("Only if we should text or ring you"),
        validators=[optional()],
        render_kw={"classes": "govuk-input--width-20"},
    )

    def offer_for(self, catalogue: Catalogue, query: SlotQuery, search: SearchState, today: date) -> None:
        """Ask for the days and the places at which the visit can be had, as they were searched at first."""
        self.offer(catalogue, query, None, today)
        del self.until  # they say for how many weeks
        self.offer_adviser("")  # nobody has proved whose it would be
        near = locate(search.near) if search.near else None
        offering = (site for site, _ in sites_by_distance(catalogue, query, near))
        sites = [site for site in offering if not never_met_at(site, search.needs)][:MOST_PLACES]
        if not self.is_submitted():
            self.places.data = _searched(sites, search)
        self.offer_places(sites)

    def last_date(self, today: date) -> date:
        """Up to which day we look."""
        return today + timedelta(weeks=int(self.weeks.data))

    def validate_with_reach(self) -> bool:
        """Whether all fields can be used, and they can be told as they choose: everything that is wrong is said at once."""
        is_valid = self.validate()
        needed = self.field_of(self.told_by.data)
        typed = (self[needed].data or "") if needed else ""
        is_enough = takes_texts(typed) if self.told_by.data == BY_TEXT else bool(typed)
        if needed and not is_enough and not self[needed].errors:
            self.refuse(needed, str(REQUIRED[self.told_by.data]))
            return False
        return is_valid

    @staticmethod
    def field_of(told_by: str) -> str:
        """The field with what this way of telling them needs; empty where none was chosen."""
        return ASKED_FOR.get(told_by, "")

    def offer_all_ways(self, *, by_text: bool) -> None:
        """Offer the ways to be told that there are."""
        words = WAYS if by_text else {way: word for way, word in WAYS.items() if way != BY_TEXT}
        self.told_by.choices = [SelectChoice(*way) for way in words.items()]


def _searched(sites: Sequence[SiteFacts], search: SearchState) -> list[str]:
    """The places that the search was for, where it was not for any."""
    if search.site:
        return [site.slug for site in sites if site.slug == search.site]
    if not search.mode or len({site.is_virtual for site in sites}) < 2:
        return []
    return [site.slug for site in sites if site.is_virtual == (search.mode in REMOTE_MODES)]
