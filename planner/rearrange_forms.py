"""The form by which a manager puts somebody on another desk or at another site, or lets two swap."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms.validators import DataRequired

from locations.model import PERSON_KINDS
from planner.resource_choices import resource_choices, resources_here
from planner.session_context import managed_sites
from planner.session_forms import LOOK
from web.components.form_fields import Choice, Dropdown, Form
from web.components.moment_fields import DayField
from web.page_context import SiteContext

DESK, SITE, SWAP = "desk", "site", "swap"
ONE_DAY, FROM_ON = "day", "from"
TYPED = ("what", "who", "desk", "to_site", "other", "day", "how_long")


class MoveForm(Form):
    """Who goes where, or swaps with whom; on which day, or from which on."""

    what = Choice(
        _l("What do you want to do?"),
        choices=[
            (DESK, _l("Put somebody at another desk or in another room")),
            (SITE, _l("Let somebody work at another site")),
            (SWAP, _l("Let two swap their places")),
        ],
        default=DESK,
    )
    who = Dropdown(_l("Who or what?"), validators=[DataRequired(_l("Choose who or what"))], default="")
    desk = Dropdown(
        _l("At which desk or in which room then?"), description=_l("Only for another desk or room"), default=""
    )
    to_site = Dropdown(_l("At which site then?"), description=_l("Only for another site"), default="")
    other = Dropdown(_l("With whom or what?"), description=_l("Only for two that swap"), default="")
    day = DayField(_l("On which day?"), validators=[DataRequired(_l("Enter on which day"))], render_kw=LOOK)
    how_long = Choice(
        _l("For how long?"),
        choices=[(ONE_DAY, _l("That day only")), (FROM_ON, _l("From that day on"))],
        default=ONE_DAY,
    )

    wide: frozenset[str] = frozenset()  # who belongs to the council

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything fits together."""
        super().validate(extra_validators)
        needed = {DESK: "desk", SITE: "to_site", SWAP: "other"}.get(self.what.data)
        texts = {
            "desk": _("Choose the desk or room"),
            "to_site": _("Choose the site"),
            "other": _("Choose with whom or what"),
        }
        if needed and not self[needed].data and not self[needed].errors:
            self.refuse(needed, texts[needed])
        elif self.what.data == SWAP and self.other.data == self.who.data:
            self.refuse("other", _("Choose somebody else"))
        elif self.what.data == SITE and self.who.data and self.who.data not in self.wide:
            self.refuse(
                "who", _("They belong to this site. Somebody who belongs to the council can work at another one")
            )
        self.focus_first_error()
        return not self.errors


def move_form(context: SiteContext, sent: MultiDict[str, str] | None, shown: Mapping[str, Any]) -> MoveForm:
    """The form, with what was sent, or else with the values `shown`."""
    form = MoveForm(formdata=sent, meta={"csrf": False}, data=shown)
    resources = resources_here(context)
    nobody = ("", _("Choose"))
    form.wide = frozenset(one.slug for one in context.catalogue.people)
    form.who.choices = form.other.choices = [nobody, *resource_choices(resources)]
    form.desk.choices = [nobody, *((one.slug, one.name) for one in resources if one.kind not in PERSON_KINDS)]
    sites = managed_sites(context) - {context.site.slug}
    if not sites:
        form.what.choices = [one for one in form.what.choices if one.value != SITE]
    form.to_site.choices = [nobody, *((one.slug, one.name) for one in context.catalogue.sites if one.slug in sites)]
    return form
