"""A forgotten password: a link by email, to the address of the account and to no other."""

from __future__ import annotations

import logging

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.errors import RateLimited
from core.flask_context import current_runtime
from core.origin import origin_of
from people.staff.access_marks import public
from people.staff.password_requests import request_password_link
from web.account.forms import ForgottenForm
from web.account.rate_limited_page import rate_limited_page
from web.account.staff_blueprint import blueprint
from web.page_brand import set_brand

logger = logging.getLogger(__name__)


@blueprint.get("/forgotten")
@public
def forgotten() -> ResponseReturnValue:
    """The form for an email address."""
    return _form_page(ForgottenForm(formdata=None))


@blueprint.post("/forgotten", endpoint="send_forgotten")
@public
def send_forgotten() -> ResponseReturnValue:
    """Have a link sent. The answer is the same whether an account has the address or not."""
    form = ForgottenForm()
    if not form.validate():
        return _form_page(form), 400
    try:
        request_password_link(current_runtime(), form.email.data or "", origin_of(request.remote_addr))
    except RateLimited as error:
        logger.warning("requests for new passwords rate limited")
        return rate_limited_page(error, is_forgotten=True)
    return redirect(url_for("staff.forgotten_sent"), code=303)


@blueprint.get("/forgotten/sent")
@public
def forgotten_sent() -> ResponseReturnValue:
    """What happens now."""
    set_brand()
    return render_template("staff/forgotten_sent.html")


def _form_page(form: ForgottenForm) -> str:
    set_brand()
    return render_template("staff/forgotten.html", form=form, has_errors=bool(form.errors))
