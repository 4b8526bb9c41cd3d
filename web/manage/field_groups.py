"""The headings between the fields of the long forms of the set-up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

# By kind, the heading that stands above a field. What comes before the first heading is what everybody fills in.
GROUPS: Mapping[str, Mapping[str, LazyString]] = {
    "council": {
        "opening_words": _l("What people read first"),
        "publishes_availability": _l("Rules for booking"),
        "text_pence": _l("What messages and missed visits cost"),
        "urgent_email": _l("Urgent requests"),
        "receipts_go_by": _l("Receipts and certified copies"),
        "rebook_within_miles": _l("When a visit cannot take place"),
        "bsl_contact": _l("For people who use British Sign Language"),
        "languages": _l("Languages"),
        "text_number": _l("Text messages, and hours without messages"),
    },
    "site": {
        "joining_address": _l("By video and telephone: how people join, and who rings"),
        "features": _l("What people find there"),
        "easting": _l("Where it is, when the postcode is not exact"),
        "closes_on_bank_holidays": _l("When it is shut"),
        "has_kiosk": _l("On the day"),
        "closed_from": _l("When it is shut for good"),
    },
    "service": {
        "also_called": _l("Other words for it, and how its times are cut"),
        "documents": _l("What to bring, and other ways to do it"),
        "bookable_online": _l("Rules for booking"),
        "waiting_list_first": _l("Waiting list"),
        "confirm_days_before": _l("Confirm or lose it"),
        "third_time_within_days": _l("What you promise"),
        "catchment": _l("Who it is for"),
        "case_number": _l("A number that people must have"),
        "closed_from": _l("When it is not given any more"),
    },
}


def headings_over(kind: str, names: Iterable[str]) -> dict[str, str]:
    """The heading below which each of these fields stands, in their order; empty for those before the first."""
    over, heading = {}, ""
    for name in names:
        heading = str(GROUPS.get(kind, {}).get(name, heading))
        over[name] = heading
    return over
