"""The link with which a colleague sets a password: made, shown once, and used."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask import session as flask_session
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Gone

from core.errors import Invalid, NotFound
from core.flask_context import current_runtime
from core.problems import joined_texts
from people.staff import colleagues
from people.staff.access_marks import public, requires
from people.staff.colleague_rules import reach_of
from people.staff.password_links import owner_of_link, set_password_by_link
from people.staff.policy import Action
from web.account.forms import NewPasswordForm
from web.account.staff_blueprint import blueprint
from web.page_brand import set_brand
from web.page_context import staff_context
from web.request_language import current_language
from web.staff_guard import current_staff

_NEW_LINK = "new_link"  # in the browser's session, from the form that made a link to the page that shows it


def keep_link(colleague: int, token: str) -> None:
    """Remember the token of a colleague's new link until the next page has shown it."""
    flask_session[_NEW_LINK] = [colleague, token]


def lead_to_link(colleague: int) -> ResponseReturnValue:
    """To the page that shows the link."""
    return redirect(url_for("staff.colleague_link", colleague=colleague), code=303)


@blueprint.get("/colleagues/<int:colleague>/link")
@requires(Action.MANAGE_COLLEAGUES)
def colleague_link(colleague: int) -> ResponseReturnValue:
    """The link that was made just now, this once; else what a new one does."""
    return _link_page(colleague)


@blueprint.post("/colleagues/<int:colleague>/link", endpoint="make_colleague_link")
@requires(Action.MANAGE_COLLEAGUES)
def send_colleague_link(colleague: int) -> ResponseReturnValue:
    """Make a new link, and end the password and the sessions of the colleague."""
    try:
        keep_link(colleague, colleagues.renew_link(current_runtime(), current_staff(), colleague))
    except Invalid as error:
        return _link_page(colleague, joined_texts(error, current_language())), 400
    return lead_to_link(colleague)


@blueprint.post("/colleagues/<int:colleague>/link/mail")
@requires(Action.MANAGE_COLLEAGUES)
def mail_colleague_link(colleague: int) -> ResponseReturnValue:
    """Have the link that was made just now sent to the colleague's address."""
    colleagues.mail_colleague_link(current_runtime(), current_staff(), colleague)
    return redirect(url_for("staff.colleague", colleague=colleague, done="mailed"), code=303)


@blueprint.get("/new-password/<token>")
@public
def new_password(token: str) -> ResponseReturnValue:
    """The form for whoever holds a link. Opening it changes nothing: scanners of mail open links, too."""
    return _new_password_page(token, NewPasswordForm(formdata=None))


@blueprint.post("/new-password/<token>", endpoint="set_new_password")
@public
def send_new_password(token: str) -> ResponseReturnValue:
    """Set the password, and lead to the sign-in page."""
    form = NewPasswordForm()
    if not form.validate():
        return _new_password_page(token, form, status=400)
    try:
        set_password_by_link(current_runtime(), token, form.new_password.data or "")
    except Invalid as error:
        form.refuse("new_password", joined_texts(error, current_language()))
        return _new_password_page(token, form, status=400)
    except NotFound:
        return _link_over_page()
    return redirect(url_for("staff.sign_in", password_set=1), code=303)


def _link_page(colleague: int, refused: str = "") -> str:
    with staff_context() as at:
        reach = reach_of(at.staff.roles)
        found = colleagues.visible_colleague(at.db, at.authority.id, reach, colleague)
    if not reach.manages(found.roles) or found.staff_id == at.staff.staff_id:
        raise NotFound
    kept = flask_session.pop(_NEW_LINK, None)
    is_new = kept is not None and kept[0] == colleague
    path = url_for("staff.new_password", token=kept[1]) if is_new else ""
    return render_template(
        "staff/colleague_link.html",
        colleague=found,
        refused=refused,
        has_errors=bool(refused),
        link=at.runtime.settings.public_url + path if is_new else "",
        zone=at.zone,
    )


def _new_password_page(token: str, form: NewPasswordForm, status: int = 200) -> ResponseReturnValue:
    runtime = current_runtime()
    try:
        with runtime.database.reading() as db:
            owner = owner_of_link(db, token, runtime.clock.now())
    except NotFound:
        return _link_over_page()
    set_brand()
    page = render_template(
        "staff/new_password.html",
        form=form,
        has_errors=bool(form.errors),
        token=token,
        name=owner.name,
        email=owner.email,
    )
    return page, status


def _link_over_page() -> ResponseReturnValue:
    set_brand()
    return render_template("staff/link_over.html"), Gone.code
