"""The staff's sign-in and home page."""

from __future__ import annotations

import logging

from flask import make_response, redirect, render_template, request, url_for
from flask import session as flask_session
from flask.typing import ResponseReturnValue

from core.errors import RateLimited
from core.flask_context import current_runtime
from core.problems import text_of_error
from core.redirects import safe_next
from people.staff import sign_in_sessions
from people.staff.access_marks import public, requires
from people.staff.policy import Action
from people.staff.second_step import first_step_of
from people.staff.sign_in import WrongPassword, authenticate
from web.account.attempts import attempt_of
from web.account.forms import SignInForm
from web.account.home import tasks_of, url_or_none
from web.account.home_figures import home_figures
from web.account.pause_lines import pause_lines
from web.account.rate_limited_page import rate_limited_page
from web.account.second_step_views import lead_to_code
from web.account.signed_in_answer import signed_in_answer
from web.account.staff_blueprint import blueprint
from web.labels import ROLES
from web.page_brand import set_brand
from web.page_context import staff_context
from web.request_language import current_language
from web.staff_guard import COUNCIL, cookie_name, is_https, signed_in_staff

logger = logging.getLogger(__name__)


@blueprint.get("/sign-in", endpoint="sign_in")
@public
def show_sign_in() -> ResponseReturnValue:
    """The sign-in form; a redirect for somebody who is signed in."""
    next_url = safe_next(request.args.get("next", ""))
    if signed_in_staff():
        return redirect(next_url or url_for("staff.home"), code=303)
    return _form_page(SignInForm(formdata=None), next_url)


@blueprint.post("/sign-in")
@public
def send_sign_in() -> ResponseReturnValue:
    """Begin a new session and go to the page in `next`, or ask for a code, or show what is wrong."""
    form, next_url = SignInForm(), safe_next(request.values.get("next", ""))
    if not form.validate():
        return _form_page(form, next_url), 400
    try:
        attempt = attempt_of(form.email.data or "", form.password.data or "")
        identity = authenticate(current_runtime(), attempt)
        if first := first_step_of(current_runtime(), identity):
            return lead_to_code(first, form.email.data or "", next_url)
        return signed_in_answer(identity, form.email.data or "", next_url)
    except WrongPassword as error:
        logger.warning("sign-in refused")
        form.refuse("email", text_of_error(error, current_language()))
        return _form_page(form, next_url), 400
    except RateLimited as error:
        logger.warning("sign-in rate limited")
        return rate_limited_page(error)


@blueprint.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End the session on the server and delete its cookie."""
    token = request.cookies.get(cookie_name(), "")
    if token:
        with current_runtime().database.writing() as db:
            sign_in_sessions.end(db, token, current_runtime().clock.now())
    council = flask_session.get(COUNCIL, "")
    flask_session.clear()
    flask_session[COUNCIL] = council
    response = make_response(redirect(url_for("staff.sign_in", signed_out=1), code=303))
    response.delete_cookie(cookie_name(), path="/", secure=is_https(), httponly=True, samesite="Lax")
    return response


@blueprint.get("/signed-in")
@public
def signed_in() -> ResponseReturnValue:
    """That the window can be closed in which somebody signed in again for what waits in another one."""
    staff = signed_in_staff()
    if staff is None:
        return redirect(url_for("staff.sign_in"), code=303)
    return render_template("staff/signed_in.html", authority=staff.authority)


@blueprint.get("/")
@requires(Action.SEE_STAFF_HOME)
def home() -> ResponseReturnValue:
    """What needs doing, the figures of their sites, and what this member of staff can open."""
    with staff_context() as context:
        sites = [(site.id, site.slug, site.name) for site in context.catalogue.sites]
        return render_template(
            "staff/home.html",
            staff=context.staff,
            figures=home_figures(context),
            pauses=pause_lines(context),
            pauses_href=url_or_none("manage.pauses") if context.staff.may(Action.PAUSE_MESSAGES) else "",
            tasks=tasks_of(context.staff, sites),
            roles=ROLES,
            can_search=url_or_none("agent.find") is not None and context.staff.may(Action.FIND_RESIDENT),
        )


def _form_page(form: SignInForm, next_url: str) -> str:
    set_brand()
    has_signed_out = request.method == "GET" and "signed_out" in request.args
    return render_template(
        "staff/sign_in.html",
        form=form,
        next_url=next_url,
        has_signed_out=has_signed_out,
        is_not_sent="not_sent" in request.values,
        is_password_set=request.method == "GET" and "password_set" in request.args,
        has_errors=bool(form.errors),
    )
