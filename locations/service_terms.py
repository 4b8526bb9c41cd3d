"""What a service promises and asks of people, beside what it is. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from locations.case_numbers import REFUSE
from locations.default_values import PROMISE_ALARM_DAYS
from locations.document_cases import DocumentCase
from locations.paper_rules import PaperRule
from locations.wards.ward_facts import WardFacts


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ServiceTerms:
    """Who has a freed time first, when people are asked to confirm, None for never, what the council promises,
    and for people from which wards it is beside those of the areas that it names, and what
    they bring in some cases, and by rules that count and date; and whether nobody needs to come whose papers are accepted.
    `case_number` is what a number or code is called that they have to give; see `locations.case_numbers`.
    """

    waiting_list_first: bool = False
    offered_at_once: int = 1
    answer_days: int = 14
    confirm_days_before: int | None = None
    confirm_within_hours: int = 48
    third_time_within_days: int | None = None
    seen_within_minutes: int | None = None
    promise_alarm_days: int = PROMISE_ALARM_DAYS
    wards: tuple[WardFacts, ...] = ()
    documents_by_case: tuple[DocumentCase, ...] = ()
    documents_by_rule: tuple[PaperRule, ...] = ()
    done_lines: tuple[str, ...] = ()  # of which staff choose one after a visit
    done_without_visit: bool = False
    case_number: str = ""
    case_number_form: str = ""
    case_number_listed: bool = False
    case_number_again: str = REFUSE
