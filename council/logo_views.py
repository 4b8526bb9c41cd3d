"""The council's logo: uploaded by an administrator, and served from an address that is another for another picture."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.use_cases.change_set_up import ChangedMeanwhile, InvalidEdits
from core.error_texts import text_of
from core.errors import InvalidValue, NotFound
from council.council_blueprint import SET_UP_PATH, blueprint
from locations.importing.difference import Key
from locations.importing.set_up_tables import Edit, fingerprint
from locations.logos import logo_text
from people.staff.access_marks import public, requires
from people.staff.policy import Action
from web.components.form_fields import FieldError
from web.manage.screen_words import screen_text
from web.manage.set_up_context import address_of, preview_address, things_of
from web.manage.set_up_proposals import Proposal, lead_to_preview
from web.page_context import StaffContext, council_context, staff_context
from web.request_language import current_language
from web.uploads import uploaded

LOGO_PATH = f"{SET_UP_PATH}/logo"


@blueprint.get("/<authority:authority>/logo-<digest>.png")
@public
def logo_picture(authority: str, digest: str) -> ResponseReturnValue:
    """The logo of this digest. Raises: NotFound for any but the one that the council has now."""
    with council_context(authority) as context:
        logo = context.authority.logo
    if logo is None or logo.digest != digest:
        raise NotFound
    picture = Response(logo.content, mimetype="image/png")
    picture.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return picture


@blueprint.get(LOGO_PATH)
@requires(Action.MANAGE_SET_UP)
def upload_logo() -> ResponseReturnValue:
    """The logo as it is, and the form for another one."""
    with staff_context() as context:
        return logo_page(context)


@blueprint.post(LOGO_PATH)
@requires(Action.MANAGE_SET_UP)
def send_logo() -> ResponseReturnValue:
    """The page that shows what becomes of the picture, or what is wrong with the file."""
    if "proposal" in request.form:  # back from that page
        return redirect(url_for("council.upload_logo"), code=303)
    with staff_context() as context:
        try:
            text = "" if "remove" in request.form else logo_text(uploaded())
            return _preview(context, text)
        except InvalidValue as error:
            return logo_page(context, [text_of(error.reason, current_language())]), 400


def _preview(context: StaffContext, text: str) -> ResponseReturnValue:
    key = Key("council", (context.authority.slug,))
    before = things_of(context)[key].table
    table = {name: value for name, value in before.items() if name != "logo"} | ({"logo": text} if text else {})
    form = url_for("council.upload_logo")
    proposal = Proposal((Edit(key, table),), {key: fingerprint(before)}, form, form)
    try:
        return lead_to_preview(context, proposal, preview_address, back_url=form)
    except InvalidEdits as error:
        return logo_page(context, [screen_text(one.what) for one in error.errors]), 400
    except ChangedMeanwhile:  # between two statements of this request
        return redirect(form, code=303)


def logo_page(context: StaffContext, errors: Sequence[str] = ()) -> str:
    """The page, with what is wrong with the file that was sent."""
    logo = context.authority.logo
    return render_template(
        "council/logo.html",
        logo=logo,
        address=url_for("council.logo_picture", authority=context.authority.slug, digest=logo.digest) if logo else "",
        name=context.authority.name,
        errors=[FieldError(text, "file") for text in errors],
        has_errors=bool(errors),
        back=address_of(Key("council", (context.authority.slug,))),
        is_saved=request.method == "GET" and "saved" in request.args,
    )
