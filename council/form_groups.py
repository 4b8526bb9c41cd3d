"""How the fields of a long form stand together: the headings between them, and which list stands among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from locations.importing.toml_fields import TRANSLATIONS

# By kind, the heading that stands above a field. What comes before the first heading is what everybody fills in.
GROUPS: Mapping[str, Mapping[str, LazyString]] = {
    "council": {
        "phone": _l("How people reach you"),
        "opening_words": _l("What people read first"),
        "publishes_availability": _l("Rules for booking"),
        "text_pence": _l("What messages and missed visits cost"),
        "urgent_email": _l("Urgent requests"),
        "rebook_within_miles": _l("When a visit cannot take place"),
        "bsl_contact": _l("For people who use British Sign Language"),
    },
    "site": {
        "features": _l("What people find there"),
        "easting": _l("Where it is, when the postcode is not exact"),
        "joining_address": _l("Appointments by video and telephone"),
        "closes_on_bank_holidays": _l("When it is shut"),
        "has_kiosk": _l("On the day"),
        "closed_from": _l("When it is shut for good"),
    },
    "service": {
        "documents": _l("What to bring, and other ways to do it"),
        "bookable_online": _l("Rules for booking"),
        "waiting_list_first": _l("Waiting list"),
        "confirm_days_before": _l("Confirm or lose it"),
        "third_time_within_days": _l("What you promise"),
        "catchment": _l("Who it is for"),
        "closed_from": _l("When it is not given any more"),
    },
}
# By kind, the lists that stand right after a field; all others stand below the fields.
LISTS_AFTER: Mapping[str, Mapping[str, list[str]]] = {
    "service": {"modes": ["requirements"], "documents": ["documents_by_case", "documents_by_rule"]}
}


def groups_of(kind: str, names: Iterable[str]) -> dict[str, LazyString]:
    """The headings of a form with these fields, by the field below each."""
    translated = next((name for name in names if name in TRANSLATIONS.get(kind, ())), "")
    return {**GROUPS.get(kind, {}), **({translated: _l("In other languages")} if translated else {})}
