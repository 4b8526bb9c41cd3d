"""Keys of programs: who may read and book through the API; made, rolled over and ended here."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask import session as flask_session
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired, InputRequired

from booking.use_cases.webhooks import remove_webhook
from booking.webhooks.webhook_queries import webhooks_of
from core.errors import Invalid
from core.flask_context import current_runtime
from core.problems import joined_texts
from people.staff import key_changes
from people.staff.access_marks import requires
from people.staff.api_keys import LONGEST_NAME, has_ended, key_by_id, keys_of
from people.staff.key_changes import OVERLAPS, NewKey
from people.staff.policy import Action, Scope
from web.account.program_labels import PROGRAM_EVENTS, PROGRAM_FAILURES
from web.account.staff_blueprint import blueprint
from web.components.form_fields import AtMost, Choice, Choices, Form, Text
from web.labels import KEY_OVERLAPS, SCOPES
from web.page_context import staff_context
from web.request_language import current_language
from web.staff_guard import current_staff, staff_actor

_NEW_KEY = "new_key"  # in the browser's session, from the form that made a key to the page that shows it


class KeyForm(Form):
    """A key to make."""

    name = Text(
        _l("Which program is it for?"),
        description=_l("For instance: the council's website."),
        validators=[DataRequired(_l("Enter which program the key is for")), AtMost(LONGEST_NAME)],
        render_kw={"autocomplete": "off"},
    )
    scopes = Choices(
        _l("What may it do?"),
        description=_l("Choose no more than the program needs."),
        choices=list(SCOPES.items()),
        default=[Scope.READ.value],
        validators=[DataRequired(_l("Choose at least one"))],
    )


class RollOverForm(Form):
    """When the old key ends."""

    overlap = Choice(
        _l("When does the old key end?"),
        description=_l("Until then both keys work, so that the program can be changed in between."),
        choices=list(KEY_OVERLAPS.items()),
        validators=[InputRequired(_l("Choose when the old key ends"))],
    )


@blueprint.get("/api-keys")
@requires(Action.MANAGE_API_KEYS)
def api_keys() -> ResponseReturnValue:
    """Every key of the council, those that work first."""
    with staff_context() as at:
        keys = sorted(keys_of(at.db, at.authority.id), key=lambda key: has_ended(key, at.now))
        told = webhooks_of(at.db, at.authority.id)
        return render_template(
            "staff/api_keys.html",
            keys=keys,
            told=told,
            has_ended=has_ended,
            scopes=SCOPES,
            events=PROGRAM_EVENTS,
            failures=PROGRAM_FAILURES,
            zone=at.zone,
            now=at.now,
        )


@blueprint.get("/api-keys/new")
@requires(Action.MANAGE_API_KEYS)
def new_api_key() -> ResponseReturnValue:
    """The form for a key to make."""
    return _new_page(KeyForm(formdata=None))


@blueprint.post("/api-keys/new", endpoint="make_api_key")
@requires(Action.MANAGE_API_KEYS)
def send_new_api_key() -> ResponseReturnValue:
    """Make the key and lead to the page that shows it once, or say what is wrong."""
    form, staff = KeyForm(), current_staff()
    if not form.validate():
        return _new_page(form), 400
    name, scopes = form.name.data or "", form.scopes.data or []
    try:
        new = key_changes.make_key(current_runtime(), staff.authority_id, name, scopes, actor=staff_actor())
    except Invalid as error:
        form.refuse("name", joined_texts(error, current_language()))
        return _new_page(form), 400
    return _lead_to(new)


@blueprint.get("/api-keys/<int:api_key>")
@requires(Action.MANAGE_API_KEYS)
def api_key(api_key: int) -> ResponseReturnValue:
    """One key, and what can be done with it; its text this once when it was made just now."""
    return _key_page(api_key, RollOverForm(formdata=None))


@blueprint.post("/api-keys/<int:api_key>/roll-over")
@requires(Action.MANAGE_API_KEYS)
def roll_over_api_key(api_key: int) -> ResponseReturnValue:
    """Make a new key in place of this one, which ends when the form says."""
    form, staff = RollOverForm(), current_staff()
    if not form.validate():
        return _key_page(api_key, form), 400
    overlap = OVERLAPS[form.overlap.data or ""]
    return _lead_to(key_changes.roll_over(current_runtime(), staff.authority_id, api_key, overlap, actor=staff_actor()))


@blueprint.post("/api-keys/<int:api_key>/end")
@requires(Action.MANAGE_API_KEYS)
def end_api_key(api_key: int) -> ResponseReturnValue:
    """End the key at once."""
    key_changes.end_key(current_runtime(), current_staff().authority_id, api_key, actor=staff_actor())
    return redirect(url_for("staff.api_key", api_key=api_key, done="ended"), code=303)


@blueprint.post("/api-keys/told/<int:webhook>/end")
@requires(Action.MANAGE_API_KEYS)
def end_webhook(webhook: int) -> ResponseReturnValue:
    """Tell an address nothing any more."""
    remove_webhook(current_runtime(), current_staff().authority_id, webhook, actor=staff_actor())
    return redirect(url_for("staff.api_keys"), code=303)


def _lead_to(new: NewKey) -> ResponseReturnValue:
    flask_session[_NEW_KEY] = [new.key_id, new.text]
    return redirect(url_for("staff.api_key", api_key=new.key_id), code=303)


def _new_page(form: KeyForm) -> str:
    with staff_context():
        return render_template("staff/api_key_new.html", form=form, has_errors=bool(form.errors))


def _key_page(key_id: int, form: RollOverForm) -> str:
    with staff_context() as at:
        key = key_by_id(at.db, at.authority.id, key_id)
        kept = flask_session.get(_NEW_KEY)
        is_new = kept is not None and kept[0] == key_id
        if is_new:
            flask_session.pop(_NEW_KEY)
        return render_template(
            "staff/api_key.html",
            key=key,
            text=kept[1] if is_new and kept is not None else "",
            is_over=has_ended(key, at.now),
            form=form,
            has_errors=bool(form.errors),
            scopes=SCOPES,
            zone=at.zone,
            done=request.args.get("done", "") if request.method == "GET" else "",
        )
