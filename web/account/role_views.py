"""Roles of a colleague: given and taken away, after a page that says what changes for them."""

from __future__ import annotations

from collections.abc import Iterable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.errors import Invalid, NotFound
from core.flask_context import current_runtime
from core.problems import joined_texts
from locations.ids_by_slug import sites_of
from people.staff import colleagues
from people.staff.access_marks import requires
from people.staff.colleague_rules import reach_of
from people.staff.policy import SITE_SCOPED, Action, Grant, Role
from people.staff.role_effects import Ability, effect_of
from web.account.colleague_forms import ALL_SITES, RoleForm
from web.account.colleague_views import colleague_page, lead_to_colleague, offer_roles
from web.account.staff_blueprint import blueprint
from web.action_labels import ACTIONS
from web.labels import ROLES
from web.page_context import staff_context
from web.request_language import all_of, current_language
from web.staff_guard import current_staff

SiteList = list[tuple[int, str, str]]


@blueprint.post("/colleagues/<int:colleague>/roles")
@requires(Action.MANAGE_COLLEAGUES)
def give_role(colleague: int) -> ResponseReturnValue:
    """Lead to what one more role changes; give it once that is confirmed."""
    form, staff = RoleForm(), current_staff()
    sites = offer_roles(form, staff)
    if not form.validate():
        return colleague_page(colleague, form), 400
    if request.form.get("confirmed") != "yes":
        chosen = f"{form.role.data}/{'' if form.site.data == ALL_SITES else form.site.data}"
        return redirect(url_for("staff.role_effect", colleague=colleague, give=chosen), code=303)
    try:
        colleagues.give_role(current_runtime(), staff, colleague, *form.scope(sites))
    except Invalid as error:
        form.refuse("role", joined_texts(error, current_language()))
        return colleague_page(colleague, form), 400
    return lead_to_colleague(colleague, "roles")


@blueprint.post("/colleagues/<int:colleague>/roles/remove")
@requires(Action.MANAGE_COLLEAGUES)
def take_role(colleague: int) -> ResponseReturnValue:
    """Take a role away: its code, and the slug of its site."""
    with staff_context() as at:
        grant = _grant(request.form.get("held", ""), sites_of(at.db, at.authority.id))
        reach = reach_of(at.staff.roles)
        found = colleagues.visible_colleague(at.db, at.authority.id, reach, colleague)
    is_self = found.staff_id == at.staff.staff_id
    if not is_self and reach.may_give(grant.role, grant.site_id) and not _is_held(found.roles, grant):
        return lead_to_colleague(colleague, "roles")  # somebody else, or another window, was quicker
    try:
        colleagues.take_role(current_runtime(), at.staff, colleague, grant.role, grant.site_id)
    except Invalid as error:
        return colleague_page(colleague, RoleForm(formdata=None), joined_texts(error, current_language())), 400
    return lead_to_colleague(colleague, "roles")


@blueprint.get("/colleagues/<int:colleague>/roles/effect")
@requires(Action.MANAGE_COLLEAGUES)
def role_effect(colleague: int) -> ResponseReturnValue:
    """What it changes to `give` a role or to take the `held` one away, with a button."""
    is_given = "give" in request.args
    with staff_context() as at:
        sites, reach = sites_of(at.db, at.authority.id), reach_of(at.staff.roles)
        found = colleagues.visible_colleague(at.db, at.authority.id, reach, colleague)
    grant = _grant(request.args.get("give" if is_given else "held", ""), sites)
    kept = tuple(one for one in found.roles if (one.role, one.site_id) != (grant.role, grant.site_id))
    if found.staff_id == at.staff.staff_id or not reach.may_give(grant.role, grant.site_id):
        raise NotFound
    if not is_given and not _is_held(found.roles, grant):
        return lead_to_colleague(colleague, "")
    after = (*kept, grant) if is_given else kept
    effect = effect_of(found.roles, after, frozenset(site_id for site_id, _slug, _name in sites))
    return render_template(
        "staff/role_effect.html",
        colleague=found,
        grant=grant,
        site=grant.site_slug or ALL_SITES,
        roles=ROLES,
        is_given=is_given,
        gained=_sentences(effect.gained, sites),
        lost=_sentences(effect.lost, sites),
        has_no_role=not after,
    )


def _is_held(roles: Iterable[Grant], grant: Grant) -> bool:
    return any((one.role, one.site_id) == (grant.role, grant.site_id) for one in roles)


def _grant(text: str, sites: SiteList) -> Grant:
    """The role that "adviser/hill" means, or "adviser/" for all sites. Raises: NotFound."""
    code, _slash, slug = text.partition("/")
    named = {site_slug: (site_id, name) for site_id, site_slug, name in sites}
    if code not in set(Role) or (slug and slug not in named):
        raise NotFound
    site_id, name = named.get(slug, (None, ""))
    return Grant(Role(code), site_id, slug, name)


def _sentences(abilities: Iterable[Ability], sites: SiteList) -> list[str]:
    """What they can do, and where, as items of a list."""
    sentences = []
    for ability in abilities:
        names = [name for site_id, _slug, name in sites if ability.sites and site_id in ability.sites]
        what = str(ACTIONS[ability.action])
        if names:
            what = _("%(what)s: %(sites)s", what=what, sites=all_of(names))
        elif ability.sites is None and ability.action in SITE_SCOPED:
            what = _("%(what)s: all sites", what=what)
        sentences.append(what)
    return sentences
