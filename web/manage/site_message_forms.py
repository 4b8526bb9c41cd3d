"""The form on which staff write to everybody who is booked at a site on a day."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from locations.model import SiteFacts
from reminders.site_messages import NewSiteMessage
from web.components.form_fields import Dropdown, Form, LongText, optional
from web.components.moment_fields import DayField
from web.manage.closure_context import sites_to_shut
from web.manage.closure_forms import DAY_LOOK
from web.names_apart import names_apart
from web.page_context import StaffContext

LONGEST = 450  # characters: three segments of a text, and what is added to it


class SiteMessageForm(Form):
    """Whom staff write to, and what."""

    site = Dropdown(_l("Site"), default="", validators=[DataRequired(_l("Choose a site"))])
    day = DayField(_l("Which day?"), validators=[DataRequired(_l("Enter which day it is about"))], render_kw=DAY_LOOK)
    service = Dropdown(_l("Service"), default="")
    text = LongText(
        _l("What do you want to tell them?"),
        longest=LONGEST,
        description=_l("We add who writes, when and where the appointment is, and the link to change it"),
        validators=[DataRequired(_l("Enter what you want to tell them"))],
    )
    text_cy = LongText(
        _l("The same in Welsh (optional)"),
        longest=LONGEST,
        description=_l("Where you leave it empty, they get the English, marked as English"),
        validators=[optional()],
    )

    def refuse_past(self, today: date) -> bool:
        """Whether the day is past, which the form then says."""
        is_past = self.day.day is not None and self.day.day < today
        if is_past:
            self.refuse("day", gettext("Enter which day it is about: today, or a day to come"))
        return is_past


def site_message_form(context: StaffContext, sent: Any) -> SiteMessageForm:
    """The form with what was sent, if anything was. A box for Welsh stands there where the council writes Welsh."""
    form = SiteMessageForm(formdata=sent, day=context.today.isoformat())
    sites = sites_to_shut(context)
    first = [("", gettext("Choose"))] if len(sites) > 1 else []
    form.site.choices = [*first, *((site.slug, site.name) for site in sites)]
    form.service.choices = [
        ("", gettext("All services")),
        *names_apart(context.catalogue.services).items(),
    ]
    if "cy" not in context.authority.languages:
        del form.text_cy
    return form


def new_message(context: StaffContext, form: SiteMessageForm) -> tuple[SiteFacts, NewSiteMessage]:
    """The site, and what a valid form says."""
    site = next(one for one in sites_to_shut(context) if one.slug == form.site.data)
    service = next((one for one in context.catalogue.services if one.slug == form.service.data), None)
    welsh = form.text_cy.data if "text_cy" in form else ""
    new = NewSiteMessage(
        site.id, form.day.day or date.min, form.text.data or "", welsh or "", service.id if service else None
    )
    return site, new
