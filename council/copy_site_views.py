"""A new site made from one that is there: its desks, rooms, people and sessions, first shown with its effect."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms.validators import DataRequired

from booking.use_cases.change_set_up import InvalidEdits
from core.errors import NotFound
from council.council_blueprint import SET_UP_PATH, blueprint
from locations.importing import toml_fields
from locations.importing.difference import Key
from locations.importing.set_up_tables import Edit
from locations.model import PERSON_KINDS, VIRTUAL_SITE
from locations.school_holidays import school_days_off
from locations.site_copies import joining_address_of, opened_at, site_copy
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.components.form_fields import Choices, FieldError, Form, errors_of
from web.components.moment_fields import DayField
from web.manage.same_names import same_name_warnings
from web.manage.screen_words import screen_text
from web.manage.set_up_context import Things, address_of, preview_address, slug_from, things_of
from web.manage.set_up_kept import keep, kept
from web.manage.set_up_proposals import Proposal, lead_to_preview
from web.manage.table_inputs import Typed, form_of, read
from web.manage.thing_form import ThingForm
from web.page_context import StaffContext, staff_context

COPY_PATH = f"{SET_UP_PATH}/copy-site/<site>"
JOINING = "joining_address"
OWN = {name: toml_fields.SITE[name] for name in ("name", "address", "postcode", JOINING)}


class CopyForm(Form):
    """What the new site has of the other one, and from when."""

    resources = Choices(
        _l("What does the new site have?"),
        description=_l(
            "Sessions are copied with what you tick. Tick people of the old site only if the new one has others so named"
        ),
    )
    from_day = DayField(
        _l("From which day is it open?"),
        description=_l("Residents can book its times as soon as you save it"),
        validators=[DataRequired(_l("Enter from which day it is open"))],
        render_kw={"classes": "govuk-input--width-10"},
    )


@dataclass(frozen=True)
class SiteCopy:
    """The site that is copied, and the forms: of what the new one has of its own, and of what it has of this one."""

    context: StaffContext
    things: Things
    slug: str
    own: ThingForm
    copy: CopyForm

    @property
    def errors(self) -> list[FieldError]:
        """All errors, each leading to its field."""
        return [*self.own.errors, *errors_of(self.copy)]


@blueprint.get(COPY_PATH)
@requires(Action.MANAGE_SET_UP)
def copy_site(site: str) -> ResponseReturnValue:
    """The form; with what was typed when it comes back from the preview."""
    with staff_context() as context:
        found = kept(context, request.args.get("kept", ""))
        return _page(_site_copy(context, site, MultiDict(found["typed"]) if found and "typed" in found else None))


@blueprint.post(COPY_PATH)
@requires(Action.MANAGE_SET_UP)
def send_copy_site(site: str) -> ResponseReturnValue:
    """What the new site would bring, or the form with what stands in its way."""
    with staff_context() as context:
        if "proposal" in request.form:
            return redirect(url_for("council.copy_site", site=site, kept=request.args.get("kept")), code=303)
        asked = _site_copy(context, site, request.form)
        is_valid = asked.own.validate()
        if not read(OWN, asked.own.main).get("name"):
            asked.own.refuse({("name",): ["The new site needs name."]})  # as the file's rules say it
        if asked.copy.validate() and (asked.copy.from_day.day or context.today) < context.today:
            asked.copy.refuse("from_day", _("Choose today or a later day"))
        if not is_valid or asked.errors:
            return _page(asked), 400
        edits = _edits(asked)
        typed = {name: request.form.getlist(name) for name in (*OWN, "resources", "from_day")}
        form = url_for("council.send_copy_site", site=site, kept=keep(context, {"typed": typed}))
        proposal = Proposal(edits, {}, form, address_of(edits[0].key) or url_for("council.set_up"))
        try:
            return lead_to_preview(context, proposal, preview_address, None, _warnings(asked, edits))
        except InvalidEdits as error:
            asked.own.refuse(error.of(edits[0].key))
            asked.own.general += dict.fromkeys(map(screen_text, error.besides([edits[0].key])))
            return _page(asked), 400


def _site_copy(context: StaffContext, site: str, typed: Typed | None) -> SiteCopy:
    """The forms with what was typed, or else with everything that the site has. Raises: NotFound."""
    things = things_of(context)
    if Key("site", (site,)) not in things:
        raise NotFound
    slugs = opened_at(things, site)
    known = things[Key("site", (site,))].table
    shown = MultiDict({JOINING: joining_address_of(known)}) if typed is None else typed
    own = ThingForm("site", form_of("site", OWN, shown), {})
    if known["kind"] != VIRTUAL_SITE:
        del own.main[JOINING]
    ticked = [slug for slug in slugs if not _is_of_people(things, site, slug)]
    copy = CopyForm(formdata=typed, meta={"csrf": False}, data={"resources": ticked})
    copy.resources.choices = [(slug, _name_of(things, site, slug)) for slug in slugs]
    return SiteCopy(context, things, site, own, copy)


def _is_of_people(things: Things, site: str, slug: str) -> bool:
    """Whether it is somebody who belongs to the site itself, and is not at the new one unless somebody says so."""
    own = things.get(Key("resource", (site, slug)))
    return own is not None and own.table["kind"] in PERSON_KINDS


def _name_of(things: Things, site: str, slug: str) -> str:
    own, person = things.get(Key("resource", (site, slug))), things.get(Key("person", (slug,)))
    if own is not None:
        return str(own.table["name"])
    return str(_("%(name)s, who works at several sites", name=person.table["name"] if person else slug))


def _edits(asked: SiteCopy) -> tuple[Edit, ...]:
    table: dict[str, Any] = read(OWN, asked.own.main)
    slug = slug_from(table["name"], "site", "", asked.things)
    return site_copy(
        asked.things,
        asked.slug,
        {"slug": slug, **table},
        asked.copy.resources.data,
        from_day=asked.copy.from_day.day,
        today=asked.context.today,
        school_days_off=school_days_off(asked.context.authority.school_holidays),
    )


def _warnings(asked: SiteCopy, edits: Sequence[Edit]) -> list[str]:
    """What to look at before it is saved: a name that is there already, and people who would be at two places at once."""
    warnings = same_name_warnings(asked.things, edits)
    had = any(key.kind == "session" and key.slugs[0] == asked.slug for key in asked.things)
    if had and not any(edit.key.kind == "session" for edit in edits):
        warnings.append(_("No session of the old site is held then with what you ticked: the new one never opens"))
    names = {key.slugs[-1]: str(one.table["name"]) for key, one in asked.things.items() if key.kind == "person"}
    both = [names[slug] for slug in asked.copy.resources.data if slug in names]
    if both:
        text = _(
            "Open at both sites at the same times, until you take them off a session: %(names)s", names=", ".join(both)
        )
        warnings.append(text)
    twins = [
        str(edit.table["name"])
        for edit in edits
        if edit.key.kind == "resource" and edit.table and edit.table["kind"] in PERSON_KINDS
    ]
    if twins:
        text = _(
            "The new site gets people of its own with these names: %(names)s. Change the names when it is saved",
            names=", ".join(twins),
        )
        warnings.append(text)
    return warnings


def _page(asked: SiteCopy) -> str:
    table = asked.things[Key("site", (asked.slug,))].table
    return render_template(
        "council/copy_site.html",
        name=table["name"],
        own=asked.own.main,
        form=asked.copy,
        errors=asked.errors,
        has_errors=bool(asked.errors),
        action=url_for("council.send_copy_site", site=asked.slug),
        back=address_of(Key("site", (asked.slug,))),
    )
