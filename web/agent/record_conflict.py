"""The form of a resident's record when somebody else has changed the record since it was opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from people.residents.details import ResidentDetails
from people.residents.record_merge import merge
from web.agent.forms import FORM_FACTS, ResidentForm
from web.components.form_fields import FieldError
from web.labels import CONTACT_PREFERENCES, NEEDS, Labels, label_of, labels_of
from web.language_labels import MESSAGE_LANGUAGES
from web.message_labels import LETTER_FORMATS
from web.request_language import format_birth_date

LABELS: Labels = {
    "name": _l("Full name"),
    "phone": _l("Telephone"),
    "email": _l("Email"),
    "postcode": _l("Postcode"),
    "date_of_birth": _l("Date of birth"),
    "contact_preference": _l("How they want to hear from us"),
    "do_not_text": _l("Do not text"),
    "leave_no_message": _l("Leave no message"),
    "uses_neutral_name": _l("Name no service"),
    "safe_hours": _l("Only ring and text between these times"),
    "language": _l("Language"),
    "message_language": _l("Language of messages"),
    "support_needs": _l("Support needs"),
    "address": _l("Postal address"),
    "letter_format": _l("The form in which they need what we write"),
}
LONGEST_SHOWN = 5_000


def facts_as_text(details: ResidentDetails) -> str:
    """What a page shows of the record, for a hidden field that `shown_facts` reads back."""
    return json.dumps(_plain(details), ensure_ascii=False)


def shown_facts(text: str) -> Mapping[str, Any]:
    """The facts that a page showed, by its hidden field; those that cannot be read are left out."""
    try:
        read = json.loads(text) if len(text) <= LONGEST_SHOWN else {}
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def merged_form(
    typed: ResidentDetails, shown: Mapping[str, Any], known: ResidentDetails
) -> tuple[ResidentForm, list[FieldError]]:
    """The form with what was typed over the record as it is now, and what has changed meanwhile, a line for each fact."""
    merged = merge(shown, _plain(typed), _plain(known))
    born = (known if "date_of_birth" in merged.theirs else typed).date_of_birth
    form = ResidentForm(formdata=None, data={**merged.facts, "date_of_birth": born})
    lines = [FieldError(_changed(name, known), name) for name in FORM_FACTS if name in merged.theirs]
    for name in FORM_FACTS:
        if name in merged.contested:
            text = _contested(name, typed, known)
            form.refuse(name, text)
            lines.append(FieldError(text, name))
    return form, lines


def _plain(details: ResidentDetails) -> dict[str, Any]:
    born = details.date_of_birth
    facts = {name: value for name, value in asdict(details).items() if name in FORM_FACTS}
    return facts | {
        "support_needs": sorted(details.support_needs),
        "date_of_birth": born.isoformat() if born else "",
    }


def _changed(name: str, known: ResidentDetails) -> str:
    facts = {"fact": label_of(LABELS, name), "value": words_of_fact(name, known)}
    return str(_("%(fact)s was changed to “%(value)s” by somebody else. It stays so.", **facts))


def _contested(name: str, typed: ResidentDetails, known: ResidentDetails) -> str:
    facts = {"fact": label_of(LABELS, name), "typed": words_of_fact(name, typed), "value": words_of_fact(name, known)}
    return str(
        _(
            "%(fact)s: you typed “%(typed)s”, and somebody else has changed it to “%(value)s”. Check which is right",
            **facts,
        )
    )


def words_of_fact(name: str, details: ResidentDetails) -> str:
    """A fact as it is said to staff."""
    value = getattr(details, name)
    if name == "contact_preference":
        return label_of(CONTACT_PREFERENCES, value)
    if name == "letter_format":
        return label_of(LETTER_FORMATS, value)
    if name == "message_language":
        return label_of(MESSAGE_LANGUAGES, value)
    if name == "support_needs":
        return labels_of(NEEDS, [code for code in value if code in NEEDS]) or str(_("nothing"))
    if name == "date_of_birth":
        return format_birth_date(value) or str(_("nothing"))
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return str(value) or str(_("nothing"))
