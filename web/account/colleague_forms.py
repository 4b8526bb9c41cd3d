"""The forms with which colleagues are added and get roles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms.validators import DataRequired, ValidationError

from people.staff.colleague_rules import Reach
from people.staff.policy import SITE_ROLES, Role
from web.components.form_fields import Dropdown, EmailField, Form, NameField
from web.labels import ROLES

ALL_SITES = ""


class RoleForm(Form):
    """A role, and where it is held."""

    role = Dropdown(_("Role"))
    site = Dropdown(_("Site"), description=_("Agents and administrators work for all sites."))

    def validate_site(self, field: Any) -> None:
        """Raises: ValidationError for a role that no site has."""
        if field.data and self.role.data not in SITE_ROLES:
            raise ValidationError(gettext("Choose “All sites” as the site: this role is for the whole council"))

    def scope(self, sites: Sequence[tuple[int, str, str]]) -> tuple[Role, int | None]:
        """The role, and the id of its site among `sites` (id, slug, name), or None for all."""
        ids = {slug: site_id for site_id, slug, _name in sites}
        return Role(self.role.data or ""), ids.get(self.site.data or ALL_SITES)


class ColleagueForm(RoleForm):
    """Whom to add."""

    new_email = EmailField(
        _("Email address"),
        description=_("They sign in with it."),
        validators=[DataRequired(_("Enter an email address"))],
        render_kw={"autocomplete": "off", "classes": "govuk-!-width-two-thirds"},
    )
    name = NameField(
        _("Full name"),
        description=_("As colleagues see it."),
        validators=[DataRequired(_("Enter a name"))],
        render_kw={"autocomplete": "off", "spellcheck": "false", "classes": "govuk-!-width-two-thirds"},
    )


def with_choices(form: RoleForm, reach: Reach, sites: Sequence[tuple[int, str, str]]) -> None:
    """Offer in `form` the roles and sites that somebody with this reach may give."""
    form.role.choices = [(role.value, str(ROLES[role])) for role in reach.roles()]
    own = [(slug, name) for site_id, slug, name in sites if reach.sites is None or site_id in reach.sites]
    form.site.choices = [*([(ALL_SITES, gettext("All sites"))] if reach.sites is None else []), *own]
