"""The keys of the questions, answers and outcomes of a triage in the file."""

from __future__ import annotations

from locations.importing import value_checks
from locations.importing.toml_fields import Field, Fields, with_translations
from locations.importing.value_checks import list_of, one_of, slug, text
from locations.triage.tree import MEANINGS, OUTCOME_KINDS

QUESTION: Fields = with_translations(
    "triage_question",
    {
        "slug": Field(slug, required=True),
        "ask": Field(text(200, may_be_empty=False), required=True),
        "help": Field(text(500), ""),
        "say": Field(text(500), ""),
    },
)
ANSWER: Fields = with_translations(
    "triage_answer",
    {
        "answer": Field(text(120, may_be_empty=False), required=True),
        "leads_to": Field(slug, required=True),
        "means": Field(one_of(MEANINGS), ""),
    },
)
OUTCOME: Fields = with_translations(
    "triage_outcome",
    {
        "slug": Field(slug, required=True),
        "kind": Field(one_of(OUTCOME_KINDS), required=True),
        "title": Field(text(120, may_be_empty=False), required=True),
        "text": Field(text(1000), ""),
        "say": Field(text(500), ""),
        "services": Field(list_of(slug), ()),
        "sites": Field(list_of(slug), ()),
        "url": Field(value_checks.web_address, ""),
        "who": Field(text(120), ""),
        "phone": Field(value_checks.phone, ""),
        "hours": Field(text(120), ""),
    },
)
