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

NOT_CHOSEN, ALL_SITES = "", "*"  # neither is the slug of a site


class RoleForm(Form):
    """A role, and where it is held."""

    role = Dropdown(_("Role"), validators=[DataRequired(_("Choose a role"))])
    site = Dropdown(
        _("Site"),
        description=_("Agents and administrators work for all sites."),
        validators=[DataRequired(_("Choose a site, or all sites"))],
    )

    def validate_site(self, field: Any) -> None:
        """Raises: ValidationError for a role that no site has."""
        if field.data != ALL_SITES and self.role.data and self.role.data not in SITE_ROLES:
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
    roles = [(role.value, str(ROLES[role])) for role in reach.roles()]
    every = [(ALL_SITES, gettext("All sites"))] if reach.sites is None else []
    own = [(slug, name) for site_id, slug, name in sites if reach.sites is None or site_id in reach.sites]
    form.role.choices = _unless_only_one(roles, gettext("Choose a role"))
    form.site.choices = _unless_only_one([*every, *own], gettext("Choose a site"))


def _unless_only_one(choices: Sequence[tuple[str, str]], words: str) -> list[tuple[str, str]]:
    """The choices, after one that is none, so that nothing is given that nobody chose."""
    return [*([(NOT_CHOSEN, words)] if len(choices) > 1 else []), *choices]
