"""Which adviser or interpreter of the plan a colleague is: who is booked with them must not be stranded when they leave."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from booking.queries.closure_lists import ResourceClosure, closures_of_resource
from booking.use_cases.let_go import (
    PersonOfPlan,
    PlaceOfWork,
    name_in_plan,
    open_places,
    people_of_plan,
    places_of_work,
)
from core.flask_context import current_runtime
from people.staff.colleague_queries import Colleague, adviser_of_staff
from people.staff.colleague_rules import Reach, reach_of
from web.components.form_fields import Dropdown, Form
from web.manage.closure_pages import period_text
from web.page_context import StaffContext

NOBODY = "-"


class InPlanForm(Form):
    """Who they are in the plan."""

    adviser = Dropdown(_("Which adviser or interpreter of the plan are they?"), default=NOBODY)


@dataclass(frozen=True)
class ShutLine:
    """What shuts them: the closure where whoever is signed in may see and lift it, in words, and whom else to ask."""

    id: int | None
    text: str
    lifted_by: str


@dataclass(frozen=True)
class InPlan:
    """Who a colleague is in the plan, empty for nobody, and what shuts them already.

    `like` is somebody of the same name, where nobody has said who they are. `mine` are the sites that whoever is signed
    in shuts with the account, with how many are booked there; `others` those that they leave to somebody else; `left` the
    sites at which they can be booked although their account has ended.
    """

    form: InPlanForm
    name: str = ""
    closures: tuple[ShutLine, ...] = ()
    like: str = ""
    mine: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    left_is_mine: bool = False
    visits: int = 0


def in_plan(context: StaffContext, colleague: Colleague, form: InPlanForm | None = None) -> InPlan:
    """What the page of a colleague says of the plan, and its form."""
    known = adviser_of_staff(context.db, colleague.staff_id)
    people = people_of_plan(context.catalogue)
    shown = form or InPlanForm(formdata=None, adviser=str(known or NOBODY))
    reach = reach_of(context.staff.roles)
    _offer(shown, people, reach, known)
    found = next((one for one in people if one[1].id == known), None)
    if found is None:
        alike = (one for one in people if one[1].name.casefold() == colleague.name.casefold())
        return InPlan(shown, like=next((_named(one) for one in alike), ""))
    places = places_of_work(context.db, context.catalogue, colleague.staff_id, context.now)
    mine = [place for place in places if _is_mine(reach, place.site.id)]
    left = () if colleague.is_active else open_places(context.db, context.catalogue, colleague.staff_id, context.now)
    closures = closures_of_resource(context.db, found[1].id, context.now)
    return InPlan(
        form=shown,
        name=_named(found),
        closures=tuple(_shut_line(context, one, reach) for one in closures),
        mine=_lines(mine),
        others=_lines([place for place in places if place not in mine]),
        left=_lines(left),
        left_is_mine=any(_is_mine(reach, place.site.id) for place in left),
        visits=sum(place.visits for place in places),
    )


def save_in_plan(context: StaffContext, colleague: Colleague) -> InPlanForm | None:
    """Say who they are; the form where what was sent is nobody whom they may name. Raises: NotFound."""
    form = InPlanForm(formdata=request.form)
    known = adviser_of_staff(context.db, colleague.staff_id)
    _offer(form, people_of_plan(context.catalogue), reach_of(context.staff.roles), known)
    if not form.validate():
        return form
    chosen = form.adviser.data or NOBODY
    resource_id = None if chosen == NOBODY else int(chosen)
    name_in_plan(current_runtime(), context.staff, colleague.staff_id, resource_id, reason=left_text())
    return None


def left_text() -> str:
    """Why whoever has left is shut, as colleagues read it."""
    return str(gettext("Does not work here any more"))


def _is_mine(reach: Reach, site_id: int | None) -> bool:
    """Whether whoever has this reach shuts somebody at the site, or (None) everywhere, and lifts it again."""
    return reach.sites is None or site_id in reach.sites


def _lines(places: Sequence[PlaceOfWork]) -> tuple[str, ...]:
    return tuple(
        ngettext(
            "%(site)s: %(num)d person is booked with them",
            "%(site)s: %(num)d people are booked with them",
            place.visits,
            site=place.site.name,
        )
        for place in places
    )


def _shut_line(context: StaffContext, closure: ResourceClosure, reach: Reach) -> ShutLine:
    site = None if closure.site_id is None else context.catalogue.site_by_id(closure.site_id)
    place = site.name if site else gettext("all sites")
    when = period_text(closure.starts_at, closure.ends_at, context.zone)
    text = gettext("Nobody can book them: %(place)s, %(when)s.", place=place, when=when)
    if _is_mine(reach, closure.site_id):
        return ShutLine(closure.id, text, "")
    if site is None:
        return ShutLine(None, text, gettext("An administrator of the council can lift it."))
    lifted_by = gettext("Whoever manages %(site)s, or an administrator, can lift it.", site=site.name)
    return ShutLine(None, text, lifted_by)


def _offer(form: InPlanForm, people: list[PersonOfPlan], reach: Reach, known: int | None) -> None:
    """Offer those of the sites for which whoever is signed in manages colleagues."""
    mine = [one for one in people if reach.sites is None or one[1].id == known or (one[0] and one[0].id in reach.sites)]
    nobody = (NOBODY, gettext("Nobody in the plan"))
    form.adviser.choices = [nobody, *((str(one[1].id), _named(one)) for one in mine)]


def _named(one: PersonOfPlan) -> str:
    site, person = one
    return f"{person.name}, {site.name}" if site else gettext("%(name)s, at several sites", name=person.name)
