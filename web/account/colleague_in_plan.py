"""Which adviser or interpreter of the plan a colleague is: who is booked with them must not be stranded when they leave."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from booking.queries.closure_lists import closures_of_resource
from booking.use_cases.let_go import PersonOfPlan, name_in_plan, people_of_plan, visits_to_come
from core.flask_context import current_runtime
from people.staff.colleague_queries import Colleague, adviser_of_staff
from people.staff.colleague_rules import Reach, reach_of
from web.components.form_fields import Dropdown, Form
from web.page_context import StaffContext

NOBODY = "-"


class InPlanForm(Form):
    """Who they are in the plan."""

    adviser = Dropdown(_("Which adviser or interpreter of the plan are they?"), default=NOBODY)


@dataclass(frozen=True)
class InPlan:
    """Who a colleague is in the plan, empty for nobody; how many are booked with them, and what shuts them already.

    `like` is somebody of the same name, where nobody has said who they are.
    """

    form: InPlanForm
    name: str
    visits: int
    closures: tuple[int, ...]
    like: str = ""


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
        return InPlan(shown, "", 0, (), next((_named(one) for one in alike), ""))
    visits = visits_to_come(context.db, context.catalogue, colleague.staff_id, context.now)
    is_mine = reach.sites is None or (found[0] is not None and found[0].id in reach.sites)
    closures = (
        closures_of_resource(context.db, found[0].id if found[0] else None, found[1].id, context.now) if is_mine else ()
    )
    return InPlan(shown, _named(found), visits, closures)


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


def _offer(form: InPlanForm, people: list[PersonOfPlan], reach: Reach, known: int | None) -> None:
    """Offer those of the sites for which whoever is signed in manages colleagues."""
    mine = [one for one in people if reach.sites is None or one[1].id == known or (one[0] and one[0].id in reach.sites)]
    nobody = (NOBODY, gettext("Nobody in the plan"))
    form.adviser.choices = [nobody, *((str(one[1].id), _named(one)) for one in mine)]


def _named(one: PersonOfPlan) -> str:
    site, person = one
    return f"{person.name}, {site.name}" if site else gettext("%(name)s, at several sites", name=person.name)
