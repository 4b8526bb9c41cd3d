"""The few questions from which somebody's own list of papers is worked out; the same for residents and for staff."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from booking.documents.paper_list import MOST_EACH, NEVER, PaperAnswers
from core.wall_clock import parse_day
from locations.paper_rules import ACCOUNT, ADULT, FORTNIGHTLY, FOUR_WEEKLY, MONTHLY, MOST_QUESTIONS, WEEKLY, PaperRule
from web.components.form_fields import Choice, Form, optional
from web.components.moment_fields import DayField
from web.components.number_fields import WholeNumber

CASES = tuple(f"case_{number}" for number in range(MOST_QUESTIONS * 2))  # of two services
PAPER_FIELDS = ("paid", "paid_on", "started_on", "accounts", "adults", *CASES)
PAID_CHOICES = (
    (WEEKLY, _l("Every week")),
    (FORTNIGHTLY, _l("Every two weeks")),
    (FOUR_WEEKLY, _l("Every four weeks")),
    (MONTHLY, _l("Every month")),
    (NEVER, _l("I am not paid wages")),
)
LONGEST_NAME, MOST_PAPERS = 100, 100
YES_NO = (("yes", _l("Yes")), ("no", _l("No")))
_DAY = {"classes": "govuk-input--width-10", "autocomplete": "off"}


def cut_ticks(ticks: Sequence[str]) -> list[str]:
    """The ticks as they are kept while somebody books: no more, and none longer, than there can be papers."""
    return [one[:LONGEST_NAME] for one in ticks[:MOST_PAPERS]]


def paper_form(rules: Sequence[PaperRule], values: Mapping[str, Any], sent: Any = None, prefix: str = "") -> Any:
    """The form that asks what these rules need to know, in the order of the page. Nothing has to be answered.

    Among the fields of another form, whose token it needs none beside, it has a `prefix`, and what was `sent`.
    """
    fields: dict[str, Any] = {}
    if any(rule.counts for rule in rules):
        fields["paid"] = Choice(
            _l("How often are you paid wages?"), choices=list(PAID_CHOICES), validators=[optional()]
        )
        hint = _l("Any pay day will do, the last one is best. For example, 27 3 2027")
        fields["paid_on"] = DayField(_l("When was your last pay day?"), description=hint, render_kw=_DAY)
    if any(rule.new_starter for rule in rules):
        hint = _l("Only if you started in the last 3 months")
        fields["started_on"] = DayField(_l("When did you start this work?"), description=hint, render_kw=_DAY)
    each = {rule.each for rule in rules}
    if ACCOUNT in each:
        fields["accounts"] = _number(
            _l("How many bank, building society and savings accounts do you have?"),
            0,
            _l("Accounts: enter a number from 0 to %(most)s", most=MOST_EACH),
        )
    if ADULT in each:
        fields["adults"] = _number(
            _l("How many adults live in your home, with you?"),
            1,
            _l("Adults: enter a number from 1 to %(most)s", most=MOST_EACH),
        )
    for name, question in zip(CASES, _in_order(rules).values(), strict=False):
        fields[name] = Choice(question, choices=list(YES_NO), validators=[optional()])
    of_fields: Any = type("PaperForm", (Form,), fields)
    return of_fields(sent, prefix=prefix, meta={"csrf": False}) if prefix else of_fields(data=values)


def answers_of(form: Any, rules: Sequence[PaperRule]) -> PaperAnswers:
    """What was answered."""
    data = {name: form[name].data for name in PAPER_FIELDS if name in form and not form[name].errors}
    days = {name: parse_day(data[name]) for name in ("paid_on", "started_on") if data.get(name)}
    cases = {key: data[name] for name, key in zip(CASES, _in_order(rules), strict=False) if data.get(name)}
    return PaperAnswers(
        data.get("paid") or "", accounts=data.get("accounts"), adults=data.get("adults"), cases=cases, **days
    )


def values_from(answers: PaperAnswers, rules: Sequence[PaperRule]) -> dict[str, Any]:
    """The answers as the fields of the form show them."""
    values: dict[str, Any] = {
        "paid": answers.paid,
        "paid_on": answers.paid_on.isoformat() if answers.paid_on else "",
        "started_on": answers.started_on.isoformat() if answers.started_on else "",
        "accounts": answers.accounts,
        "adults": answers.adults,
    }
    return values | {name: answers.cases.get(key, "") for name, key in zip(CASES, _in_order(rules), strict=False)}


def _in_order(rules: Sequence[PaperRule]) -> dict[str, str]:
    found: dict[str, str] = {}
    for rule in rules:
        if rule.question_key:
            found.setdefault(rule.question_key, rule.question)
    return found


def _number(label: Any, least: int, message: Any) -> WholeNumber:
    return WholeNumber(label, least=least, most=MOST_EACH, message=message, required=False)
