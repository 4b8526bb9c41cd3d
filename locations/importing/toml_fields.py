"""The keys of each table of the file, with what their values must be and what holds when they are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from core.language import DEFAULT_LANGUAGE, LANGUAGES
from locations.case_numbers import AGAIN_KINDS, LONGEST_LABEL, REFUSE
from locations.catchment import ADVISER_KINDS, CATCHMENT_KINDS, EVERYBODY, RULE
from locations.default_values import (
    ANSWER_HOURS,
    INTERPRETER_LEAD_DAYS,
    NOTICE_HOURS,
    PROMISE_ALARM_DAYS,
    RECEIPT_WAYS,
    RING_MINUTES,
    WITHIN_MILES,
)
from locations.importing import value_checks
from locations.importing.amount_checks import amount
from locations.importing.area_checks import postcode_area, ward_postcode
from locations.importing.form_checks import case_number_form
from locations.importing.logo_checks import logo
from locations.importing.provider_checks import sender_id
from locations.importing.recurrence_rules import rule, weekly_rule
from locations.importing.value_checks import Check, TextCheck, code, list_of, minutes, one_of, slug, text, whole, yes_no
from locations.message_channels import EVERY_MESSAGE, MESSAGE_CHANNELS, MESSAGES_WITH_CHANNELS
from locations.model import IN_PERSON_MODES, MODES, PERSON_KINDS, RESOURCE_KINDS, SITE_KINDS
from locations.own_words import translation_keys
from locations.school_holidays import SCHOOL_RULES
from locations.travel import LONGEST_MINUTES

WEEK, YEAR = 7 * 24 * 60, 365 * 24 * 60


@dataclass(frozen=True)
class Field:
    """One key: its check, and its value when it is left out, unless it must not be."""

    check: Check
    default: Any = None
    required: bool = False


Fields = Mapping[str, Field]


def with_translations(kind: str, fields: Fields) -> Fields:
    """The keys with those of their translations behind them, which may each be left out."""
    translated = {
        key: _translation(fields[name]) for key in translation_keys(kind) for name in [key.rpartition("_")[0]]
    }
    return {**fields, **translated}


def _translation(english: Field) -> Field:
    check = english.check
    return Field(text(check.longest), "") if isinstance(check, TextCheck) else Field(check, ())


# Shut for good: the first date on which it is, and where to go instead.
ENDING: Fields = {
    "closed_from": Field(value_checks.day),
    "successor": Field(slug, ""),
    "where_to_go": Field(text(500), ""),
}
REMINDER: Fields = {
    "kind": Field(value_checks.reminder_kind, required=True),
    "days_before": Field(whole(1, 60)),
    "at": Field(value_checks.wall_time),
    "minutes_before": Field(minutes(5, WEEK)),
}
QUESTION: Fields = {
    "ask": Field(text(300, may_be_empty=False), required=True),
    "say": Field(text(1000), ""),
    "tell": Field(text(1000), ""),
    "wrong_answer": Field(one_of(("yes", "no")), ""),
    "instead": Field(text(1000), ""),
    "minutes_each": Field(minutes(5, 240)),
    "most": Field(whole(2, 50)),
}
# What people bring in some cases: the words that say in which, and the list.
DOCUMENT_CASE: Fields = {
    "case": Field(text(100, may_be_empty=False), required=True),
    "documents": Field(list_of(text(300, may_be_empty=False), least=1), required=True),
}
RELEASE: Fields = {
    "percent": Field(whole(1, 100), required=True),
    "days_before": Field(whole(0, 365), required=True),
    "at": Field(value_checks.wall_time),
}
REQUIREMENT: Fields = {"kind": Field(one_of(RESOURCE_KINDS), required=True), "skills": Field(list_of(code), ())}

AUTHORITY: Fields = {
    "slug": Field(value_checks.authority_slug, required=True),
    "name": Field(text(200, may_be_empty=False), required=True),
    "zone": Field(value_checks.zone, "Europe/London"),
    "division": Field(value_checks.division, "england-and-wales"),
    "brand_colour": Field(value_checks.colour, "#1d4f7c"),
    "logo": Field(logo, ""),
    "service_order": Field(list_of(slug), ()),
    "phone": Field(value_checks.phone, ""),
    "email": Field(value_checks.email, ""),
    "opening_words": Field(text(300), ""),
    "publishes_availability": Field(yes_no, True),
    "closes_on_bank_holidays": Field(yes_no, True),
    "lead_minutes": Field(minutes(0, YEAR), 120),
    "horizon_days": Field(whole(1, 730), 56),
    "open_limit": Field(whole(1, 1000), 2),
    "cancel_cutoff_minutes": Field(minutes(0, YEAR), 120),
    "extra_time_minutes": Field(minutes(0, 240), 15),
    "interpreter_lead_days": Field(whole(0, 60), INTERPRETER_LEAD_DAYS),
    "ask_why_looking": Field(yes_no, False),
    "bsl_contact": Field(text(300), ""),
    "languages": Field(list_of(one_of(tuple(LANGUAGES)), least=1), (DEFAULT_LANGUAGE,)),
    "first_language": Field(one_of(tuple(LANGUAGES)), DEFAULT_LANGUAGE),
    "text_number": Field(value_checks.phone, ""),
    "text_sender_id": Field(sender_id, ""),
    "quiet_from": Field(value_checks.wall_time, time(21)),
    "quiet_until": Field(value_checks.wall_time, time(8)),
    "reminders_apart_hours": Field(whole(0, 48), 12),
    "text_pence": Field(amount, ""),
    "letter_pence": Field(amount, ""),
    "missed_visit_pounds": Field(amount, ""),
    "missed_message_hours": Field(whole(1, 72)),
    "urgent_email": Field(value_checks.email, ""),
    "receipts_go_by": Field(one_of(RECEIPT_WAYS), RECEIPT_WAYS[0]),
    "rebook_within_miles": Field(whole(0, 100), WITHIN_MILES),
    "rebook_answer_hours": Field(whole(2, 336), ANSWER_HOURS),
    "rebook_notice_hours": Field(whole(0, 72), NOTICE_HOURS),
}
SERVICE: Fields = {
    "slug": Field(slug, required=True),
    "name": Field(text(200, may_be_empty=False), required=True),
    "topic": Field(text(100), ""),
    "summary": Field(text(300), ""),
    "duration_minutes": Field(minutes(5, 480), required=True),
    "modes": Field(list_of(one_of(MODES), least=1), IN_PERSON_MODES),
    "also_called": Field(list_of(text(100, may_be_empty=False)), ()),
    "message_name": Field(text(60), ""),
    "turnaround_minutes": Field(minutes(0, 240), 0),
    "grid_minutes": Field(minutes(5, 240), 15),
    "documents": Field(list_of(text(300, may_be_empty=False)), ()),
    "done_lines": Field(list_of(text(200, may_be_empty=False)), ()),
    "online_instead": Field(text(2000), ""),
    "online_url": Field(value_checks.web_address, ""),
    "post_instead": Field(text(2000), ""),
    "done_without_visit": Field(yes_no, False),
    "bookable_online": Field(yes_no, True),
    "lead_minutes": Field(minutes(0, YEAR)),
    "horizon_days": Field(whole(1, 730)),
    "open_limit": Field(whole(1, 1000)),
    "cancel_cutoff_minutes": Field(minutes(0, YEAR)),
    "waiting_list_first": Field(yes_no, False),
    "offered_at_once": Field(whole(1, 10), 1),
    "answer_days": Field(whole(1, 90), 14),
    "confirm_days_before": Field(whole(2, 60)),
    "confirm_within_hours": Field(whole(24, 336), 48),
    "third_time_within_days": Field(whole(0, 365)),
    "seen_within_minutes": Field(whole(0, 240)),
    "promise_alarm_days": Field(whole(1, 60), PROMISE_ALARM_DAYS),
    "opens_same_day_early": Field(yes_no, False),
    "catchment": Field(list_of(postcode_area), ()),
    "wards": Field(list_of(slug), ()),
    "catchment_kind": Field(one_of(CATCHMENT_KINDS), RULE),
    "catchment_instead": Field(text(500), ""),
    "named_adviser": Field(one_of(ADVISER_KINDS), EVERYBODY),
    "catchment_may_be_passed": Field(yes_no, True),
    "case_number": Field(text(LONGEST_LABEL), ""),
    "case_number_form": Field(case_number_form, ""),
    "case_number_listed": Field(yes_no, False),
    "case_number_again": Field(one_of(AGAIN_KINDS), REFUSE),
    **ENDING,
}
# A name for each part of the council, with the full postcodes in it.
WARD: Fields = {
    "slug": Field(slug, required=True),
    "name": Field(text(100, may_be_empty=False), required=True),
    "postcodes": Field(list_of(ward_postcode, least=1), required=True),
}
# A tree of questions in front of services, of those of some topics, or of the whole first page.
TRIAGE: Fields = {
    "slug": Field(slug, required=True),
    "name": Field(text(100, may_be_empty=False), required=True),
    "services": Field(list_of(slug), ()),
    "topics": Field(list_of(text(100, may_be_empty=False)), ()),
    "front_page": Field(yes_no, False),
    "first": Field(slug, required=True),
}
SITE: Fields = {
    "slug": Field(slug, required=True),
    "name": Field(text(200, may_be_empty=False), required=True),
    "kind": Field(one_of(SITE_KINDS), required=True),
    "address": Field(text(500), ""),
    "postcode": Field(value_checks.postcode, ""),
    "joining_address": Field(value_checks.joining_address, ""),
    "rings_from": Field(text(100), ""),
    "ring_minutes": Field(whole(1, 120), RING_MINUTES),
    "features": Field(list_of(code), ()),
    "phone": Field(value_checks.phone, ""),
    "opening_words": Field(text(500), ""),
    "directions": Field(text(2000), ""),
    "easting": Field(whole(0, 700_000)),
    "northing": Field(whole(0, 1_300_000)),
    "closes_on_bank_holidays": Field(yes_no),
    "has_kiosk": Field(yes_no, False),
    "display_sounds": Field(yes_no, False),
    "display_speaks": Field(yes_no, False),
    **ENDING,
}
RESOURCE: Fields = {
    "slug": Field(slug, required=True),
    "name": Field(text(190, may_be_empty=False), required=True),
    "kind": Field(one_of(RESOURCE_KINDS), required=True),
    "seats": Field(whole(1, 500), 1),
    "skills": Field(list_of(code), ()),
    "joining_address": Field(value_checks.joining_address, ""),
    "count": Field(whole(1, 200)),
}
PERSON: Fields = {
    "slug": Field(slug, required=True),
    "name": Field(text(190, may_be_empty=False), required=True),
    "kind": Field(one_of(PERSON_KINDS), required=True),
    "seats": Field(whole(1, 1), 1),
    "skills": Field(list_of(code), ()),
}
TRAVEL: Fields = {
    "from": Field(slug, required=True),
    "to": Field(slug, required=True),
    "minutes": Field(minutes(0, LONGEST_MINUTES), required=True),
}
SCHOOL_HOLIDAY: Fields = {
    "name": Field(text(100, may_be_empty=False), required=True),
    "first_date": Field(value_checks.day, required=True),
    "last_date": Field(value_checks.day, required=True),
}
# By which channels a message goes, in turn: the next one where somebody cannot be reached by those before.
MESSAGE_CHANNEL: Fields = {
    "message": Field(one_of((EVERY_MESSAGE, *MESSAGES_WITH_CHANNELS)), required=True),
    "first": Field(one_of(MESSAGE_CHANNELS), required=True),
    "second": Field(one_of(MESSAGE_CHANNELS), ""),
    "third": Field(one_of(MESSAGE_CHANNELS), ""),
    "fourth": Field(one_of(MESSAGE_CHANNELS), ""),
}
SESSION: Fields = {
    "slug": Field(slug, required=True),
    "days": Field(weekly_rule),
    "rrule": Field(rule),
    "date": Field(value_checks.day),
    "first_date": Field(value_checks.day),
    "last_date": Field(value_checks.day),
    "starts": Field(value_checks.wall_time, required=True),
    "ends": Field(value_checks.wall_time, required=True),
    "break_starts": Field(value_checks.wall_time),
    "break_ends": Field(value_checks.wall_time),
    "resources": Field(list_of(slug, least=1), required=True),
    "services": Field(list_of(slug, least=1), required=True),
    "reserved_percent": Field(whole(0, 100), 0),
    "release_hours": Field(whole(0, 24 * 60), 0),
    "school": Field(one_of(SCHOOL_RULES), ""),
    "drop_in": Field(yes_no, False),
}
EXCEPTION: Fields = {
    "date": Field(value_checks.day, required=True),
    "starts": Field(value_checks.wall_time),
    "ends": Field(value_checks.wall_time),
    "reason": Field(text(200), ""),
}
CLOSURE: Fields = {
    "slug": Field(slug, required=True),
    "first_date": Field(value_checks.day),
    "last_date": Field(value_checks.day),
    "starts_at": Field(value_checks.wall_moment),
    "ends_at": Field(value_checks.wall_moment),
    "resource": Field(slug),
    "service": Field(slug),
    "topic": Field(text(100), ""),
    "mode": Field(one_of(MODES), ""),
    "reason": Field(text(200), ""),
}

QUESTION = with_translations("triage_questions", QUESTION)
DOCUMENT_CASE = with_translations("documents_by_case", DOCUMENT_CASE)
AUTHORITY = with_translations("council", AUTHORITY)
SERVICE = with_translations("service", SERVICE)
SITE = with_translations("site", SITE)
WARD = with_translations("ward", WARD)
TRIAGE = with_translations("triage", TRIAGE)
# The translations in a table by its kind: whether each is a list.
TRANSLATIONS: Mapping[str, Mapping[str, bool]] = {
    kind: {key: fields[key].default == () for key in translation_keys(kind)}
    for kind, fields in {"council": AUTHORITY, "service": SERVICE, "site": SITE, "ward": WARD, "triage": TRIAGE}.items()
}
