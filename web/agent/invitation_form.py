"""The form by which a colleague invites somebody, and the one that says what was done about an invitation."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired, InputRequired

from booking.invitations.invitation_rules import BY_EMAIL, BY_LETTER, BY_TEXT, BY_VOICE, LONGEST_DONE, LONGEST_WORDS
from booking.use_cases.invite import NewInvitation
from locations.model import MODES
from reminders.recipients import CHANNELS, EMAIL, LETTER, TEXT
from web import labels
from web.components.form_fields import Choice, Choices, Dropdown, Form, LongText
from web.components.moment_fields import DayField
from web.labels import Labels
from web.names_apart import names_apart
from web.page_context import StaffContext

TOLD_BY: Labels = {
    BY_EMAIL: _l("By email"),
    BY_TEXT: _l("By text message"),
    BY_LETTER: _l("By letter"),
    BY_VOICE: _l("I tell them myself: I read out the link, or print it"),
}
NEEDS_CHANNEL = {BY_EMAIL: EMAIL, BY_TEXT: TEXT, BY_LETTER: LETTER}
ANY_WAY = "any"


class InvitationForm(Form):
    """For what, from when to when, where and how, in which words, and how they are told."""

    service = Dropdown(_l("For which service?"), validators=[InputRequired(_l("Choose a service"))])
    first_date = DayField(_l("From which day?"), validators=[DataRequired(_l("Enter the first day"))])
    last_date = DayField(
        _l("Until which day?"),
        description=_l("That day included. They are reminded once before it, if they have not answered"),
        validators=[DataRequired(_l("Enter the last day"))],
    )
    sites = Choices(_l("At which places?"), description=_l("None means any that offers it"))
    mode = Choice(_l("How?"), default=ANY_WAY)
    words = LongText(
        _l("In your own words (optional)"),
        description=_l(
            "They read this in the email or letter, and on the page that the link opens. A text has only the link, "
            "and so has every message to people, and about services, that have a neutral name"
        ),
        longest=LONGEST_WORDS,
    )
    told_by = Choice(_l("How are they told?"), validators=[InputRequired(_l("Choose how they are told"))])

    def new_invitation(self) -> NewInvitation:
        """What was typed, after `validate`."""
        first_date, last_date = self.first_date.day, self.last_date.day
        if first_date is None or last_date is None:
            raise ValueError("not validated")
        return NewInvitation(
            service=self.service.data,
            first_date=first_date,
            last_date=last_date,
            told_by=self.told_by.data,
            sites=tuple(self.sites.data or ()),
            mode="" if self.mode.data in (None, ANY_WAY) else self.mode.data,
            words=self.words.data or "",
        )


class DoneForm(Form):
    """What was done about somebody who has not answered."""

    done = LongText(
        _l("What was done?"),
        description=_l("For example: rang, and booked 4 December at 10am"),
        longest=LONGEST_DONE,
        validators=[DataRequired(_l("Say what was done"))],
    )


def invitation_form(context: StaffContext, ways: Collection[str], **given: Any) -> InvitationForm:
    """The form for somebody who can be told in these ways, with the council's services and the sites of who invites."""
    form, catalogue = InvitationForm(**given), context.catalogue
    services = catalogue.public_services()
    form.service.choices = [("", ""), *names_apart(services).items()]
    sites = [site for site in catalogue.sites if context.serves(site.id)]
    form.sites.choices = [(site.slug, site.name) for site in sites]
    if context.served_sites is not None:
        form.sites.description = _l("Choose at least one of yours")
    modes = [mode for mode in MODES if any(mode in one.modes for one in services)]
    form.mode.choices = [(ANY_WAY, _l("In any way that it is offered")), *((one, labels.MODES[one]) for one in modes)]
    form.told_by.choices = [(way, TOLD_BY[way]) for way in usable_ways(context, ways)]
    return form


def usable_ways(context: StaffContext, ways: Collection[str]) -> list[str]:
    """Those of the ways for which this installation has a channel."""
    channels = context.db.info.get(CHANNELS, frozenset({EMAIL}))
    return [way for way in ways if way not in NEEDS_CHANNEL or NEEDS_CHANNEL[way] in channels]
