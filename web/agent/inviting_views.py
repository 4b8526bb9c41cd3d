"""Invitations as staff see them: invite somebody, see what has become of it, and see to what nobody has answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.invitations.invitation_queries import InvitationView, invitation_list, invitation_of
from booking.invitations.invitation_rules import ways_to_invite
from booking.use_cases.invite import (
    finish_invitation,
    invite,
    person_of,
    take_invitation,
    withdraw_invitation,
)
from core.errors import Invalid, Stale
from core.problems import joined_texts
from core.runtime import Runtime
from people.residents.access_log import log_access
from people.residents.resident_repository import resident_of
from people.residents.tables import Resident
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.invitation_mails import short_link_of_invitation
from web.agent.invitation_form import DoneForm, InvitationForm, invitation_form, usable_ways
from web.agent.invitation_lines import lines_of_invitation, state_text, told_of_inviting
from web.agent.message_views import blueprint
from web.page_context import StaffContext, staff_context
from web.request_language import current_language
from web.told import ToldLine

PATH = "/staff/invitations"
SHOWN_FOR, MOST_SHOWN = timedelta(days=60), 200
A_FORTNIGHT = timedelta(days=14)
SAID: dict[str, LazyString] = {
    "invited": _l("They are invited."),
    "withdrawn": _l("The invitation is withdrawn. The link says so."),
    "taken": _l("Your name is on it."),
    "done": _l("It is noted, and off the list."),
}


@blueprint.get(PATH)
@requires(Action.INVITE)
def invitations() -> ResponseReturnValue:
    """What has to be seen to, what is open, and what was closed lately."""
    with staff_context() as context:
        since = context.now - SHOWN_FOR
        found = invitation_list(context.db, context.catalogue, context.served_sites, since, MOST_SHOWN + 1)
        shown = found[:MOST_SHOWN]
        _log(context, shown)
        return render_template(
            "staff/invitations.html",
            tasks=[one for one in shown if one.is_task],
            open=[one for one in shown if not one.is_task and one.is_open(context.today)],
            closed=[one for one in shown if not one.is_task and not one.is_open(context.today)],
            is_cut=len(found) > MOST_SHOWN,
            state_text=state_text,
            today=context.today,
        )


def _log(context: StaffContext, shown: list[InvitationView]) -> None:
    ids = sorted({one.resident_id for one in shown})
    if ids:
        with context.runtime.database.writing() as db:
            log_access(db, context.authority.id, None, context.actor, "invitations", context.now, residents=ids)


@blueprint.get(f"{PATH}/new/<int:resident_id>")
@requires(Action.INVITE)
def new_invitation(resident_id: int) -> ResponseReturnValue:
    """The form that invites somebody."""
    with staff_context() as context:
        resident = resident_of(context.db, context.authority.id, resident_id)
        last = context.today + A_FORTNIGHT
        dates = {"first_date": context.today.isoformat(), "last_date": last.isoformat()}
        form = _form(context, resident, formdata=None, data=dates)
        return _new_page(context, resident, form)


@blueprint.post(f"{PATH}/new/<int:resident_id>")
@requires(Action.INVITE)
def invite_resident(resident_id: int) -> ResponseReturnValue:
    """Invite them."""
    with staff_context() as context:
        resident = resident_of(context.db, context.authority.id, resident_id)
        form = _form(context, resident)
        if not form.validate():
            return Response(_new_page(context, resident, form), status=400)
        new = form.new_invitation()
        try:
            made = invite(
                context.runtime,
                context.authority.id,
                resident_id,
                new,
                actor=context.actor,
                served=context.served_sites,
                idempotency=context.form_key("invite", (resident_id, new)),
            )
        except Invalid as error:
            form.refuse(next(iter(error.errors)), joined_texts(error, current_language()))
            return Response(_new_page(context, resident, form), status=400)
    return redirect(url_for("messages.one_invitation", invitation=made, said="invited"), code=303)


def _form(context: StaffContext, resident: Resident, **given: object) -> InvitationForm:
    return invitation_form(context, ways_to_invite(person_of(resident)), **given)


def _new_page(context: StaffContext, resident: Resident, form: InvitationForm) -> str:
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, resident.id, context.actor, "invitations", context.now)
    ways = usable_ways(context, ways_to_invite(person_of(resident)))
    told = told_of_inviting(resident, ways)
    return render_template(
        "staff/invitation_new.html", resident=resident, form=form, told=told, has_errors=bool(form.errors)
    )


@blueprint.get(f"{PATH}/<int:invitation>")
@requires(Action.INVITE)
def one_invitation(invitation: int) -> ResponseReturnValue:
    """One invitation: what has become of it, the link to read out or print, and what can be done."""
    with staff_context() as context:
        return _page(context, invitation)


@blueprint.post(f"{PATH}/<int:invitation>/withdraw")
@requires(Action.INVITE)
def withdraw_one_invitation(invitation: int) -> ResponseReturnValue:
    """Withdraw it: the link books nothing any more."""
    return _do(invitation, "withdrawn", lambda context, whose: withdraw_invitation(*whose, actor=context.actor))


@blueprint.post(f"{PATH}/<int:invitation>/take")
@requires(Action.INVITE)
def take_one_invitation(invitation: int) -> ResponseReturnValue:
    """Put their name on it; not where a colleague was quicker."""
    text = request.form.get("seen", "")
    seen = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    return _do(invitation, "taken", lambda context, whose: take_invitation(*whose, seen, actor=context.actor))


@blueprint.post(f"{PATH}/<int:invitation>/done")
@requires(Action.INVITE)
def finish_one_invitation(invitation: int) -> ResponseReturnValue:
    """Say what was done about it."""
    form = DoneForm()
    with staff_context() as context:
        if not form.validate():
            return Response(_page(context, invitation, form), status=400)
    done = form.done.data
    return _do(invitation, "done", lambda context, whose: finish_invitation(*whose, done, actor=context.actor), form)


def _do(
    invitation: int,
    said: str,
    operation: Callable[[StaffContext, tuple[Runtime, int, int]], None],
    form: DoneForm | None = None,
) -> ResponseReturnValue:
    """Do it and show the invitation; as it is now, with a banner, where it has changed meanwhile."""
    with staff_context() as context:
        invitation_of(context.db, context.catalogue, invitation, context.served_sites)
        try:
            operation(context, (context.runtime, context.authority.id, invitation))
        except Stale:
            with staff_context() as now:
                return Response(_page(now, invitation, form, has_changed=True), status=409)
    return redirect(url_for("messages.one_invitation", invitation=invitation, said=said), code=303)


def _page(context: StaffContext, number: int, form: DoneForm | None = None, *, has_changed: bool = False) -> str:
    view = invitation_of(context.db, context.catalogue, number, context.served_sites)
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, view.resident_id, context.actor, "invitations", context.now)
    return render_template(
        "staff/invitation.html",
        view=view,
        is_open=view.is_open(context.today),
        lines=lines_of_invitation(context, view),
        state=state_text(view),
        nobody_told=[ToldLine(str(_("Nobody. The link says it to whoever opens it.")), is_told=False)],
        link=short_link_of_invitation(context.runtime, view),
        form=form or DoneForm(formdata=None),
        me=context.staff.staff_id,
        said=SAID.get(request.args.get("said", "")),
        has_changed=has_changed,
        has_errors=bool(form is not None and form.errors),
    )
