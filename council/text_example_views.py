"""How texts look before anybody gets one: of a service at a site, in each language, and how many each is charged as."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from core.language import DEFAULT_LANGUAGE
from core.wall_clock import wall_instant
from council.council_blueprint import SET_UP_PATH, blueprint
from council.message_kind_page import kind_label
from locations.own_words import languages_for
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.example_messages import ExampleWriter
from reminders.text_examples import TextExample, text_examples
from web.components.form_fields import Dropdown, Form
from web.labels import label_of
from web.language_labels import MESSAGE_LANGUAGES
from web.names_apart import names_apart
from web.page_context import StaffContext, staff_context
from web.request_language import all_of

TEXTS_PATH = f"{SET_UP_PATH}/texts"
AHEAD, AT = timedelta(days=21), time(10, 30)  # the example: in three weeks at half past ten
NOT_ASKED = ""


class WhichTexts(Form):
    """About which appointments they are."""

    service = Dropdown(_l("Service"))
    site = Dropdown(_l("Site"))


@dataclass(frozen=True)
class OneLook:
    """The texts of those who read these languages."""

    languages: str
    code: str
    examples: Sequence[TextExample]


@blueprint.get(TEXTS_PATH)
@requires(Action.MANAGE_SET_UP)
def texts() -> ResponseReturnValue:
    """The texts of the service and the site that were chosen, or else of the first ones."""
    with staff_context() as context:
        form = _form(context)
        is_asked = bool(request.args)
        if is_asked and not form.validate():
            return _page(form, ()), 400
        return _page(form, tuple(_looks(context, form)) if form.service.choices and form.site.choices else ())


def _form(context: StaffContext) -> WhichTexts:
    form = WhichTexts(formdata=request.args or None, meta={"csrf": False})
    catalogue = context.catalogue
    form.service.choices = [*names_apart(one for one in catalogue.services if one.ending is None).items()]
    form.site.choices = [*names_apart(one for one in catalogue.sites if one.ending is None).items()]
    for field in (form.service, form.site):
        field.data = field.data or next((slug for slug, _name in field.choices), None)
    return form


def _looks(context: StaffContext, form: WhichTexts) -> Sequence[OneLook]:
    """The texts for each answer to the question which language somebody reads, those that are alike once."""
    settings, authority = context.runtime.settings, context.authority
    writer = ExampleWriter(settings.public_url, settings.mail_from)
    service, site = context.catalogue.service(form.service.data), context.catalogue.site(form.site.data)
    starts_at = wall_instant(context.today + AHEAD, AT, context.zone)
    of_codes = {languages_for(authority, code): code for code in (*authority.languages, NOT_ASKED)}
    return [
        OneLook(
            all_of([label_of(MESSAGE_LANGUAGES, code) for code in codes]),
            codes[0] if len(codes) == 1 else DEFAULT_LANGUAGE,
            text_examples(writer, authority, service, site, starts_at, code, now=context.now),
        )
        for codes, code in of_codes.items()
    ]


def _page(form: WhichTexts, looks: Sequence[OneLook]) -> str:
    return render_template(
        "council/text_examples.html", form=form, has_errors=bool(form.errors), looks=looks, kind_label=kind_label
    )
