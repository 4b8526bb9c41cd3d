"""Colleagues: who works for the council, with which roles, and whose account has ended."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.use_cases.let_go import deactivate_colleague as end_account
from core.errors import Invalid, NotFound
from core.flask_context import current_runtime
from core.problems import joined_texts
from core.runtime import Runtime
from locations.ids_by_slug import sites_of
from people.staff import colleagues
from people.staff.access_marks import requires
from people.staff.colleague_queries import last_mail_of
from people.staff.colleague_rules import reach_of
from people.staff.colleagues import NewColleague
from people.staff.policy import Action
from people.staff.second_step_queries import has_second_step
from people.staff.sign_in_sessions import SignedInStaff
from web.account.colleague_forms import ColleagueForm, RoleForm, with_choices
from web.account.colleague_in_plan import InPlanForm, in_plan, left_text, save_in_plan
from web.account.home import url_or_none
from web.account.link_views import keep_link, lead_to_link
from web.account.staff_blueprint import blueprint
from web.labels import ROLES
from web.message_labels import MESSAGE_STATUSES, message_reason
from web.page_context import staff_context
from web.request_language import current_language
from web.staff_guard import current_staff

Change = Callable[[Runtime, SignedInStaff, int], None]


@blueprint.get("/colleagues", endpoint="colleagues")
@requires(Action.MANAGE_COLLEAGUES)
def list_colleagues() -> ResponseReturnValue:
    """Everybody of the council, or of the sites that whoever is signed in manages."""
    with staff_context() as at:
        reach = reach_of(at.staff.roles)
        found = colleagues.visible_colleagues(at.db, at.authority.id, reach)
        shown = {"reach": reach, "roles": ROLES, "zone": at.zone}
        shown["from_file"] = url_or_none("council.import_colleagues_form")
        return render_template("staff/colleagues.html", colleagues=found, **shown)


@blueprint.get("/colleagues/new")
@requires(Action.MANAGE_COLLEAGUES)
def new_colleague() -> ResponseReturnValue:
    """The form for a colleague to add."""
    return _new_page(ColleagueForm(formdata=None))


@blueprint.post("/colleagues/new", endpoint="add_colleague")
@requires(Action.MANAGE_COLLEAGUES)
def send_new_colleague() -> ResponseReturnValue:
    """Add the colleague and lead to the link with which they set a password, or show what is wrong."""
    form, staff = ColleagueForm(), current_staff()
    sites = offer_roles(form, staff)
    if not form.validate():
        return _new_page(form), 400
    new = NewColleague(form.new_email.data or "", form.name.data or "", *form.scope(sites))
    try:
        colleague, token = colleagues.add_colleague(current_runtime(), staff, new)
    except Invalid as error:
        form.refuse("new_email", joined_texts(error, current_language()))
        return _new_page(form), 400
    keep_link(colleague, token)
    return lead_to_link(colleague)


@blueprint.get("/colleagues/<int:colleague>")
@requires(Action.MANAGE_COLLEAGUES)
def colleague(colleague: int) -> ResponseReturnValue:
    """One colleague, and what can be changed."""
    return colleague_page(colleague, RoleForm(formdata=None))


@blueprint.post("/colleagues/<int:colleague>/sessions/end")
@requires(Action.MANAGE_COLLEAGUES)
def sign_colleague_out(colleague: int) -> ResponseReturnValue:
    """Sign them out everywhere."""
    return _change(colleague, "signed_out", colleagues.sign_colleague_out)


@blueprint.post("/colleagues/<int:colleague>/second-step/remove")
@requires(Action.MANAGE_COLLEAGUES)
def take_second_step(colleague: int) -> ResponseReturnValue:
    """Take away the second step of somebody who lost their telephone."""
    return _change(colleague, "second_step", colleagues.take_second_step)


@blueprint.get("/colleagues/<int:colleague>/deactivate")
@requires(Action.MANAGE_COLLEAGUES)
def deactivate_effect(colleague: int) -> ResponseReturnValue:
    """What ends with their account, by site, with a button."""
    with staff_context() as at:
        reach = reach_of(at.staff.roles)
        found = colleagues.visible_colleague(at.db, at.authority.id, reach, colleague)
        if found.staff_id == at.staff.staff_id or not reach.manages(found.roles):
            raise NotFound
        if not found.is_active:
            return lead_to_colleague(colleague, "")
        return render_template("staff/colleague_deactivate.html", colleague=found, plan=in_plan(at, found))


@blueprint.post("/colleagues/<int:colleague>/deactivate")
@requires(Action.MANAGE_COLLEAGUES)
def deactivate_colleague(colleague: int) -> ResponseReturnValue:
    """End their account; who is booked with them as an adviser is listed to be rebooked."""
    reason = left_text()

    def end(runtime: Runtime, staff: SignedInStaff, staff_id: int) -> None:
        end_account(runtime, staff, staff_id, reason=reason)

    return _change(colleague, "deactivated", end)


@blueprint.post("/colleagues/<int:colleague>/adviser")
@requires(Action.MANAGE_COLLEAGUES)
def say_adviser(colleague: int) -> ResponseReturnValue:
    """Say which adviser or interpreter of the plan they are."""
    with staff_context() as at:
        found = colleagues.visible_colleague(at.db, at.authority.id, reach_of(at.staff.roles), colleague)
        wrong = save_in_plan(at, found)
    if wrong is not None:
        return colleague_page(colleague, RoleForm(formdata=None), plan_form=wrong), 400
    return lead_to_colleague(colleague, "adviser")


@blueprint.post("/colleagues/<int:colleague>/reactivate")
@requires(Action.MANAGE_COLLEAGUES)
def reactivate_colleague(colleague: int) -> ResponseReturnValue:
    """Take up their account again."""
    return _change(colleague, "reactivated", colleagues.reactivate_colleague)


def _change(colleague: int, what: str, change: Change) -> ResponseReturnValue:
    """Do what has no fields, or show why it is refused."""
    try:
        change(current_runtime(), current_staff(), colleague)
    except Invalid as error:
        return colleague_page(colleague, RoleForm(formdata=None), joined_texts(error, current_language())), 400
    return lead_to_colleague(colleague, what)


def lead_to_colleague(colleague: int, what: str) -> ResponseReturnValue:
    """To the page of a colleague, which says what is done."""
    return redirect(url_for("staff.colleague", colleague=colleague, done=what), code=303)


def offer_roles(form: RoleForm, staff: SignedInStaff) -> list[tuple[int, str, str]]:
    """The council's sites; the form offers what `staff` may give."""
    with current_runtime().database.reading() as db:
        sites = sites_of(db, staff.authority_id)
    with_choices(form, reach_of(staff.roles), sites)
    return sites


def _new_page(form: ColleagueForm) -> str:
    offer_roles(form, current_staff())
    return render_template("staff/colleague_new.html", form=form, has_errors=bool(form.errors))


def colleague_page(colleague: int, form: RoleForm, refused: str = "", *, plan_form: InPlanForm | None = None) -> str:
    """One colleague, with what is wrong in `form` or `plan_form`, or refused."""
    with staff_context() as at:
        reach = reach_of(at.staff.roles)
        found = colleagues.visible_colleague(at.db, at.authority.id, reach, colleague)
        mail = last_mail_of(at.db, found.staff_id)
        is_step_on = has_second_step(at.db, found.staff_id)
        plan = in_plan(at, found, plan_form)
    offer_roles(form, at.staff)
    is_self = found.staff_id == at.staff.staff_id
    return render_template(
        "staff/colleague.html",
        form=form,
        refused=refused,
        has_errors=bool(form.errors or refused or plan.form.errors),
        plan=plan,
        colleague=found,
        reach=reach,
        is_self=is_self,
        is_managed=reach.manages(found.roles) and not is_self,
        roles=ROLES,
        mail=mail,
        is_step_on=is_step_on,
        mail_reason=message_reason(mail.reason) if mail else "",
        mail_states=MESSAGE_STATUSES,
        zone=at.zone,
        now=at.now,
        done=request.args.get("done", "") if request.method == "GET" else "",
    )
