"""My account: who I am here, my password, and where I am signed in."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.errors import Invalid, RateLimited
from core.flask_context import current_runtime
from core.problems import joined_texts
from people.staff.access_marks import requires
from people.staff.own_account import OwnPassword, change_own_password, end_other_sessions, end_own_session
from people.staff.policy import Action
from people.staff.sign_in import WrongPassword
from people.staff.sign_in_sessions import open_sessions
from web.account.attempts import attempt_of
from web.account.browser_labels import BROWSERS, DEVICES
from web.account.forms import OwnPasswordForm
from web.account.rate_limited_page import rate_limited_page
from web.account.staff_blueprint import blueprint
from web.labels import ROLES
from web.page_context import staff_context
from web.request_language import current_language
from web.staff_guard import current_staff


@blueprint.get("/account")
@requires(Action.MANAGE_OWN_ACCOUNT)
def account() -> ResponseReturnValue:
    """Name, email and roles of whoever is signed in, their sessions, and the form for another password."""
    return _account_page(OwnPasswordForm(formdata=None))


@blueprint.post("/account/password")
@requires(Action.MANAGE_OWN_ACCOUNT)
def change_password() -> ResponseReturnValue:
    """Change the password and end the other sessions, or show what is wrong."""
    form, staff = OwnPasswordForm(), current_staff()
    if not form.validate():
        return _account_page(form), 400
    current = attempt_of(staff.email, form.current_password.data or "")
    try:
        change_own_password(current_runtime(), staff, OwnPassword(current, form.new_password.data or ""))
    except WrongPassword:
        form.refuse("current_password", _("This is not your current password. Enter the one that you signed in with."))
        return _account_page(form), 400
    except Invalid as error:
        form.refuse("new_password", joined_texts(error, current_language()))
        return _account_page(form), 400
    except RateLimited as error:
        return rate_limited_page(error)
    return _done("password_changed")


@blueprint.post("/account/sessions/end")
@requires(Action.MANAGE_OWN_ACCOUNT)
def end_my_other_sessions() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    end_other_sessions(current_runtime(), current_staff())
    return _done("sessions_ended")


@blueprint.post("/account/sessions/<int:sign_in>/end")
@requires(Action.MANAGE_OWN_ACCOUNT)
def end_my_session(sign_in: int) -> ResponseReturnValue:
    """Sign out in one other browser."""
    end_own_session(current_runtime(), current_staff(), sign_in)
    return _done("session_ended")


def _done(what: str) -> ResponseReturnValue:
    return redirect(url_for("staff.account", done=what), code=303)


def _account_page(form: OwnPasswordForm) -> str:
    with staff_context() as at:
        return render_template(
            "staff/account.html",
            form=form,
            has_errors=bool(form.errors),
            zone=at.zone,
            roles=ROLES,
            browsers=BROWSERS,
            devices=DEVICES,
            sessions=open_sessions(at.db, at.staff.staff_id, at.now),
            done=request.args.get("done", "") if request.method == "GET" else "",
        )
