"""Which facts count where two records of one person differ."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _gettext
from flask_babel import lazy_gettext as _
from wtforms.validators import DataRequired

from people.residents.details import ResidentDetails
from people.residents.merge_choice import CHOSEN_FACTS, KEPT, OTHER, facts_to_choose
from web.agent.record_conflict import words_of_fact
from web.components.form_fields import Choice, Form


class MergeForm(Form):
    """One question for each fact that differs, in the order of the page."""

    name = Choice(_("Which name is right?"), choices=[], validators=[DataRequired(_("Choose the right name"))])
    phone = Choice(
        _("Which telephone number are they rung on?"),
        choices=[],
        validators=[DataRequired(_("Choose the telephone number"))],
    )
    date_of_birth = Choice(
        _("Which date of birth is right?"), choices=[], validators=[DataRequired(_("Choose the date of birth"))]
    )
    email = Choice(_("Which email do we write to?"), choices=[], validators=[DataRequired(_("Choose the email"))])
    address = Choice(
        _("Which postal address is right?"), choices=[], validators=[DataRequired(_("Choose the postal address"))]
    )
    contact_preference = Choice(
        _("How do they want to hear from us?"),
        choices=[],
        validators=[DataRequired(_("Choose how they want to hear from us"))],
    )
    letter_format = Choice(
        _("In which form do they need what we write?"),
        choices=[],
        validators=[DataRequired(_("Choose the form of what we write"))],
    )
    message_language = Choice(
        _("In which language do we write and speak?"),
        choices=[],
        validators=[DataRequired(_("Choose the language of messages"))],
    )
    language = Choice(
        _("Which language do they need an interpreter for?"),
        choices=[],
        validators=[DataRequired(_("Choose the language of the interpreter"))],
    )

    @property
    def chosen(self) -> dict[str, str]:
        """What was chosen, by fact."""
        return {field.name: field.data for field in self if field.name in CHOSEN_FACTS}


def merge_form(sent: Any, kept: ResidentDetails, other: ResidentDetails) -> MergeForm:
    """The form with the questions that these two records leave open."""
    form = MergeForm(formdata=sent)
    asked = facts_to_choose(kept, other)
    for fact in CHOSEN_FACTS:
        if fact in asked:
            form[fact].choices = [(KEPT, fact_in_words(fact, kept)), (OTHER, fact_in_words(fact, other))]
        else:
            del form[fact]
    return form


def fact_in_words(fact: str, person: ResidentDetails) -> str:
    """A fact as it is said to staff; an address with its postcode."""
    if fact == "address":
        return ", ".join(filter(None, (*person.address.splitlines(), person.postcode))) or str(_gettext("nothing"))
    return words_of_fact(fact, person)
