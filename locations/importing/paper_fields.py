"""The keys of a service's rules about papers in the file, and what they must be together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locations.importing.table_reader import Reader
from locations.importing.toml_fields import Field, Fields, with_translations
from locations.importing.toml_lines import Path
from locations.importing.value_checks import list_of, one_of, text, whole
from locations.paper_rules import EACH, FORTNIGHTLY, FOUR_WEEKLY, MONTHLY, MOST_QUESTIONS, NO, TAKEN, WEEKLY, YES

KEY = "documents_by_rule"
_COUNTS = (WEEKLY, FORTNIGHTLY, MONTHLY)
PAPER: Fields = with_translations(
    KEY,
    {
        "document": Field(text(100, may_be_empty=False), required=True),
        "example": Field(text(300), ""),
        "one_of": Field(list_of(text(200, may_be_empty=False)), ()),
        "question": Field(text(150), ""),
        "answer": Field(one_of((YES, NO)), ""),
        "taken": Field(list_of(one_of(TAKEN)), ()),
        WEEKLY: Field(whole(1, 26)),
        FORTNIGHTLY: Field(whole(1, 26)),
        FOUR_WEEKLY: Field(whole(1, 12)),
        MONTHLY: Field(whole(1, 12)),
        "full_months": Field(whole(1, 12)),
        "each": Field(one_of(EACH), ""),
        "new_starter": Field(text(300), ""),
        "without": Field(text(500), ""),
    },
)


def read_paper_rules(reader: Reader, service: Any, path: Path, name: str) -> list[dict[str, Any]]:
    """The rules of a service, as they are written."""
    known: dict[str, None] = {}
    questions: dict[str, None] = {}
    rules = []
    for found, at in reader.tables(service, KEY, path, name):
        rule = reader.table(found, PAPER, at, f"a rule about papers of {name}")
        _note_wrong_counts(reader, rule, at, name)
        if rule["document"] and rule["document"] in known:
            reader.note((*at, "document"), f"{name} has two rules about {rule['document']!r}; keep one.")
        known[rule["document"]] = questions[rule["question"]] = None
        if len(questions.keys() - {""}) > MOST_QUESTIONS:
            reader.note(
                (*at, "question"), f"the rules about papers of {name} ask more than {MOST_QUESTIONS} questions."
            )
        rules.append(rule)
    return rules


def _note_wrong_counts(reader: Reader, rule: Mapping[str, Any], at: Path, name: str) -> None:
    """Payslips are counted for whoever is paid by the week, the fortnight or the month, and statements by full months."""
    what = f"a rule about papers of {name}"
    counted = [paid for paid in (*_COUNTS, FOUR_WEEKLY) if rule[paid]]
    for paid in _COUNTS:
        if counted and not rule[paid]:
            reader.note((*at, paid), f"{what} counts payslips: it needs {paid} as well.")
    if counted and (rule["full_months"] or rule["each"]):
        given = "full_months" if rule["full_months"] else "each"
        reader.note((*at, given), f"{what} counts payslips: leave out {given}.")
    if rule["new_starter"] and not counted:
        reader.note((*at, "new_starter"), f"{what} has new_starter: it needs weekly, fortnightly and monthly as well.")
    if rule["answer"] and not rule["question"]:
        reader.note((*at, "answer"), f"{what} has answer: it needs question as well.")
