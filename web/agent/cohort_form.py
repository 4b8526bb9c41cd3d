"""The form that takes a list of people: for what, when and where they are invited, and how many at a time."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired, InputRequired

from booking.invitations.cohort_rules import LONGEST_NAME, MOST_DAYS, MOST_PER_WAVE, NewCohort
from booking.invitations.invitation_rules import LONGEST_WORDS
from locations.model import MODES
from web import labels
from web.agent.invitation_form import ANY_WAY
from web.components.form_fields import AtMost, Choice, Choices, Dropdown, Form, LongText, Text
from web.components.moment_fields import DayField
from web.components.number_fields import WholeNumber
from web.names_apart import names_apart
from web.page_context import StaffContext

AS_FREE, SO_MANY = "free", "number"


class CohortForm(Form):
    """What the list is called, for what people are invited and how many at a time."""

    name = Text(
        _l("What is this list called?"),
        description=_l("For you and your colleagues, such as “Rent reviews, winter”"),
        validators=[DataRequired(_l("Enter a name for the list")), AtMost(LONGEST_NAME)],
    )
    service = Dropdown(_l("For which service?"), validators=[InputRequired(_l("Choose a service"))])
    first_date = DayField(_l("From which day?"), validators=[DataRequired(_l("Enter the first day"))])
    last_date = DayField(
        _l("Until which day?"),
        description=_l("That day included. Each is reminded once before it, if they have not answered"),
        validators=[DataRequired(_l("Enter the last day"))],
    )
    sites = Choices(_l("At which places?"), description=_l("None means any that offers it"))
    mode = Choice(_l("How?"), default=ANY_WAY)
    words = LongText(
        _l("In your own words (optional)"),
        description=_l("Everybody reads this in the email or letter, and on the page that the link opens"),
        longest=LONGEST_WORDS,
    )
    pace = Choice(
        _l("How many are invited at a time?"),
        choices=[
            (AS_FREE, _l("As many as there are free times, less those who are invited and have not answered")),
            (SO_MANY, _l("A number that I choose")),
        ],
        default=AS_FREE,
    )
    per_wave = WholeNumber(
        _l("How many at a time, if you choose a number?"),
        least=1,
        most=MOST_PER_WAVE,
        message=_l("Enter how many at a time, a number from 1 to %(most)d", most=MOST_PER_WAVE),
        required=False,
    )
    every_days = WholeNumber(
        _l("After how many days do the next ones follow?"),
        least=1,
        most=MOST_DAYS,
        message=_l("Enter a number of days from 1 to %(most)d", most=MOST_DAYS),
        default=7,
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything can be used; a number has to be there where one is chosen."""
        is_valid = super().validate(extra_validators)
        if self.pace.data == SO_MANY and self.per_wave.data is None and not self.per_wave.errors:
            self.refuse("per_wave", self.per_wave.message)
            return False
        return is_valid

    def new_cohort(self) -> NewCohort:
        """What was typed, after `validate`."""
        first_date, last_date = self.first_date.day, self.last_date.day
        if first_date is None or last_date is None:
            raise ValueError("not validated")
        return NewCohort(
            name=self.name.data,
            service=self.service.data,
            first_date=first_date,
            last_date=last_date,
            sites=tuple(self.sites.data or ()),
            mode="" if self.mode.data in (None, ANY_WAY) else self.mode.data,
            words=self.words.data or "",
            per_wave=self.per_wave.data if self.pace.data == SO_MANY else None,
            every_days=self.every_days.data,
        )


def cohort_form(context: StaffContext, **given: Any) -> CohortForm:
    """The form with the council's services and the sites of who invites."""
    form, catalogue = CohortForm(**given), context.catalogue
    services = catalogue.public_services()
    form.service.choices = [("", ""), *names_apart(services).items()]
    form.sites.choices = [(site.slug, site.name) for site in catalogue.sites if context.serves(site.id)]
    if context.served_sites is not None:
        form.sites.description = _l("Choose at least one of yours")
    modes = [mode for mode in MODES if any(mode in one.modes for one in services)]
    form.mode.choices = [(ANY_WAY, _l("In any way that it is offered")), *((one, labels.MODES[one]) for one in modes)]
    return form
