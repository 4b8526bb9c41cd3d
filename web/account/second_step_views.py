"""The second step of signing in: asked for after the password, and set up and turned off under "My account"."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask import session as flask_session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.errors import NotFound, RateLimited
from core.flask_context import current_runtime
from core.origin import origin_of
from core.redirects import safe_next
from core.runtime import Runtime
from core.wall_clock import parse_instant
from people.staff import second_step
from people.staff.access_marks import public, requires
from people.staff.one_time_codes import app_link, key_text
from people.staff.policy import Action, Role
from people.staff.second_step import FirstStep, WrongCode
from people.staff.second_step_queries import codes_left, demanded_roles, has_second_step, key_to_confirm
from people.staff.sign_in import SignInAttempt, WrongPassword
from people.staff.sign_in_sessions import SignedInStaff
from web.account.attempts import attempt_of
from web.account.forms import CodeForm, DemandForm, PresentPasswordForm
from web.account.rate_limited_page import rate_limited_page
from web.account.signed_in_answer import signed_in_answer
from web.account.staff_blueprint import blueprint
from web.page_brand import set_brand
from web.page_context import staff_context
from web.qr_picture import qr_picture
from web.staff_guard import current_staff

logger = logging.getLogger(__name__)

_FIRST = "first_step"  # in the browser's session, signed: who knew the password, and when
_CODES = "recovery_codes"  # from the form that made them to the page that shows them


def lead_to_code(first: FirstStep, email: str, next_url: str) -> ResponseReturnValue:
    """To the page that asks for a code."""
    flask_session[_FIRST] = [first.staff_id, first.password_stamp, first.at.isoformat(), email]
    return redirect(url_for("staff.code", next=next_url or None), code=303)


@blueprint.get("/sign-in/code", endpoint="code")
@public
def show_code() -> ResponseReturnValue:
    """The form for a code; the sign-in page for whoever has not given a password."""
    if _FIRST not in flask_session:
        return redirect(url_for("staff.sign_in"), code=303)
    return _code_page(CodeForm(formdata=None))


@blueprint.post("/sign-in/code", endpoint="send_code")
@public
def send_code() -> ResponseReturnValue:
    """Begin the session when the code is right."""
    if _FIRST not in flask_session:
        return redirect(url_for("staff.sign_in"), code=303)
    form = CodeForm()
    if not form.validate():
        return _code_page(form), 400
    staff_id, stamp, at, email = flask_session[_FIRST]
    first = FirstStep(staff_id, stamp, parse_instant(at))
    try:
        origin = origin_of(request.remote_addr)
        identity = second_step.finish_sign_in(current_runtime(), first, form.code.data or "", origin)
        return signed_in_answer(identity, email, safe_next(request.values.get("next", "")))
    except WrongCode:
        logger.warning("code refused")
        form.refuse("code", _("This is not the code of now. Enter the next one that the app shows."))
        return _code_page(form), 400
    except RateLimited as error:
        logger.warning("code rate limited")
        return rate_limited_page(error)
    except (NotFound, WrongPassword):
        flask_session.pop(_FIRST, None)
        return redirect(url_for("staff.sign_in"), code=303)


@blueprint.get("/account/second-step", endpoint="second_step")
@requires(Action.MANAGE_OWN_ACCOUNT)
def show_second_step() -> ResponseReturnValue:
    """Whether there is one; the key while it is set up; the recovery codes this once when it is."""
    return _own_page(CodeForm(formdata=None), PresentPasswordForm(formdata=None))


@blueprint.post("/account/second-step/begin")
@requires(Action.MANAGE_OWN_ACCOUNT)
def begin_second_step() -> ResponseReturnValue:
    """Make a key to put into the app."""
    return _with_password(second_step.begin_set_up)


@blueprint.post("/account/second-step/confirm")
@requires(Action.MANAGE_OWN_ACCOUNT)
def confirm_second_step() -> ResponseReturnValue:
    """Ask for a code from now on, once the app has shown a right one."""
    form = CodeForm()
    if not form.validate():
        return _own_page(form, PresentPasswordForm(formdata=None)), 400
    try:
        codes = second_step.confirm_set_up(current_runtime(), current_staff(), form.code.data or "")
    except WrongCode:
        form.refuse("code", _("This is not the code of now. Check the key in the app, and the clock of the telephone."))
        return _own_page(form, PresentPasswordForm(formdata=None)), 400
    except RateLimited as error:
        return rate_limited_page(error)
    flask_session[_CODES] = codes
    return redirect(url_for("staff.second_step"), code=303)


@blueprint.post("/account/second-step/off")
@requires(Action.MANAGE_OWN_ACCOUNT)
def turn_off_second_step() -> ResponseReturnValue:
    """Sign in with the password alone again."""
    return _with_password(second_step.turn_off)


@blueprint.get("/second-step", endpoint="second_step_demand")
@requires(Action.DEMAND_SECOND_STEP)
def show_demand() -> ResponseReturnValue:
    """Of which roles the council demands a second step."""
    with staff_context() as at:
        demanded = demanded_roles(at.db, at.authority.id)
    return _demand_page(DemandForm(formdata=None, roles=[role.value for role in demanded]))


@blueprint.post("/second-step", endpoint="demand_second_step")
@requires(Action.DEMAND_SECOND_STEP)
def send_demand() -> ResponseReturnValue:
    """Demand it of these roles from their next page on, or show what is wrong."""
    form = DemandForm()
    if not form.validate():
        return _demand_page(form), 400
    second_step.demand(current_runtime(), current_staff(), [Role(role) for role in form.roles.data or []])
    return redirect(url_for("staff.second_step_demand", saved=1), code=303)


def _with_password(change: Callable[[Runtime, SignedInStaff, SignInAttempt], None]) -> ResponseReturnValue:
    """Do it for whoever sends their password along."""
    form, staff = PresentPasswordForm(), current_staff()
    if not form.validate():
        return _own_page(CodeForm(formdata=None), form), 400
    try:
        change(current_runtime(), staff, attempt_of(staff.email, form.current_password.data or ""))
    except WrongPassword:
        form.refuse("current_password", _("This is not your current password. Enter the one that you signed in with."))
        return _own_page(CodeForm(formdata=None), form), 400
    except RateLimited as error:
        return rate_limited_page(error)
    return redirect(url_for("staff.second_step"), code=303)


def _code_page(form: CodeForm) -> str:
    set_brand()
    next_url = safe_next(request.values.get("next", ""))
    return render_template("staff/code.html", form=form, next_url=next_url, has_errors=bool(form.errors))


def _demand_page(form: DemandForm) -> str:
    with staff_context():
        return render_template(
            "staff/second_step_demand.html",
            form=form,
            has_errors=bool(form.errors),
            is_saved=request.method == "GET" and "saved" in request.args,
        )


def _own_page(form: CodeForm, password_form: PresentPasswordForm) -> str:
    with staff_context() as at:
        key = key_to_confirm(at.db, at.staff.staff_id, at.now)
        link = app_link(key, at.authority.name, at.staff.email) if key else ""
        return render_template(
            "staff/second_step.html",
            form=form,
            password_form=password_form,
            has_errors=bool(form.errors or password_form.errors),
            is_on=has_second_step(at.db, at.staff.staff_id),
            key=key_text(key) if key else "",
            link=link,
            picture=qr_picture(link) if link else None,
            codes=flask_session.pop(_CODES, []),
            codes_left=codes_left(at.db, at.staff.staff_id),
            is_demanded=at.staff.lacks_second_step,
        )
