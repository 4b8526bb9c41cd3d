"""The forms of a site: a calendar feed, and a visit of somebody who walks in."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import Field
from wtforms.validators import DataRequired, InputRequired

from booking.use_cases.calendar_feeds import LONGEST_NAME
from booking.visits.desk_ability import able_desks
from locations.model import ServiceFacts, SiteFacts
from locations.triage_questions import TriageQuestion
from web.components.form_fields import (
    AtMost,
    Checkbox,
    Choice,
    Choices,
    Dropdown,
    Form,
    NameField,
    PhoneField,
    Text,
    optional,
)
from web.components.number_fields import WholeNumber
from web.labels import NEEDS

WHOLE_SITE = ""
NUMBER = "number-"  # before the slug of a service


class FeedForm(Form):
    """Who reads the calendar, and whether it shows the whole site or one resource."""

    name = Text(
        lazy_gettext("Who is this calendar for?"),
        description=lazy_gettext(
            "For example, “Front desk screen” or “Sam’s phone”. It helps you to revoke the right one."
        ),
        validators=[
            DataRequired(lazy_gettext("Enter who this calendar is for")),
            AtMost(LONGEST_NAME),
        ],
        render_kw={"classes": "govuk-!-width-two-thirds", "autocomplete": "off"},
    )
    resource = Dropdown(lazy_gettext("What should it show?"))


def feed_form(site: SiteFacts, *, is_empty: bool = False) -> FeedForm:
    """The form for this site; with `is_empty`, without what was sent."""
    form = FeedForm(formdata=None) if is_empty else FeedForm()
    everything = (WHOLE_SITE, gettext("Everything at %(site)s", site=site.name))
    form.resource.choices = [everything, *((resource.slug, resource.name) for resource in site.resources)]
    return form


class VisitNumber(WholeNumber):
    """The answer of a question of one service, which counts where they come for that one."""

    def pre_validate(self, form: Any) -> None:
        """Keep the number. Raises: StopValidation with the message."""
        if self.name == f"{NUMBER}{form.service.data}":
            super().pre_validate(form)


class WalkInForm(Form):
    """Who is here, and for what. Only their name is needed."""

    name = NameField(
        lazy_gettext("Full name"),
        validators=[DataRequired(lazy_gettext("Enter a name"))],
        render_kw={"autocomplete": "off", "spellcheck": "false", "classes": "govuk-!-width-two-thirds"},
    )
    phone = PhoneField(
        lazy_gettext("Telephone (optional)"),
        validators=[optional()],
        render_kw={"autocomplete": "off", "classes": "govuk-input--width-20"},
    )
    service = Dropdown(lazy_gettext("What do they come for?"))

    @property
    def numbers(self) -> list[Field]:
        """The questions whose answers make a visit longer: one for each service that has one."""
        return [field for field in self if field.name.startswith(NUMBER)]

    @property
    def number(self) -> int:
        """What is answered for the service that they come for; 1 where it asks for nothing."""
        field = self._fields.get(f"{NUMBER}{self.service.data}")
        return field.data if field is not None else 1


class TimeInsteadForm(Form):
    """For whom a time is booked who waits without an appointment, and which."""

    slot = Choice(lazy_gettext("When and where"), validators=[InputRequired(lazy_gettext("Choose a time"))])
    name = NameField(
        lazy_gettext("Full name"),
        validators=[DataRequired(lazy_gettext("Enter a name"))],
        render_kw={"autocomplete": "off", "spellcheck": "false", "classes": "govuk-!-width-two-thirds"},
    )
    phone = PhoneField(
        lazy_gettext("Telephone (optional)"),
        validators=[optional()],
        render_kw={"autocomplete": "off", "classes": "govuk-input--width-20"},
    )


class TicketForm(Form):
    """Who waits without an appointment, for what, and how they are called."""

    name = NameField(
        lazy_gettext("Name"),
        validators=[DataRequired(lazy_gettext("Enter a name"))],
        render_kw={"autocomplete": "off", "spellcheck": "false", "classes": "govuk-!-width-two-thirds"},
    )
    service = Dropdown(lazy_gettext("What do they come for?"))
    support_needs = Choices(
        lazy_gettext("Support needs"),
        description=lazy_gettext("A desk that has what they need calls them."),
        choices=list(NEEDS.items()),
        validate_choice=False,
    )
    is_urgent = Checkbox(
        lazy_gettext("Urgent"), description=lazy_gettext("Called before others who have no appointment")
    )
    shows_name = Checkbox(
        lazy_gettext("Show their first name when they are called"),
        description=lazy_gettext("Ask them. Otherwise the display shows the number of the ticket alone"),
    )


def ticket_form(site: SiteFacts, services: Iterable[ServiceFacts], *, is_empty: bool = False) -> TicketForm:
    """The form with those of `services` that are done here in person; with `is_empty`, without what was sent."""
    form = TicketForm(formdata=None) if is_empty else TicketForm()
    done_here = [one for one in services if "in_person" in one.modes and able_desks(site, one, ())]
    form.service.choices = [(service.slug, service.name) for service in done_here]
    return form


def walk_in_form(site: SiteFacts, services: Iterable[ServiceFacts], *, is_empty: bool = False) -> WalkInForm:
    """The form with those of `services` that this site offers in person; with `is_empty`, without what was sent."""
    offered = [one for one in services if one.id in site.service_ids and "in_person" in one.modes]
    fields = {f"{NUMBER}{one.slug}": _number(one, one.counting_question) for one in offered if one.counting_question}
    made: type[WalkInForm] = type("WalkInForm", (WalkInForm,), fields)
    form = made(formdata=None) if is_empty else made()
    form.service.choices = [(service.slug, service.name) for service in offered]
    return form


def _number(service: ServiceFacts, question: TriageQuestion) -> VisitNumber:
    """The question that makes a visit for the service longer, answered with 1 until somebody says otherwise."""
    return VisitNumber(
        f"{service.name}: {question.ask}",
        least=1,
        most=question.most,
        message=gettext("Enter a number from 1 to %(most)s", most=question.most),
        default="1",
    )
