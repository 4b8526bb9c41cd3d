"""What people bring to a service by rules that count and date: "Payslips: 5 weekly, 3 fortnightly or 2 monthly". Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.language import DEFAULT_LANGUAGE, InEnglish, Language, language_for

TAKEN = ("original", "certified", "copy", "upload")  # how a paper is taken; the original where nothing is said
ACCOUNT, ADULT = "account", "adult"
EACH = (ACCOUNT, ADULT)  # for each of which one is brought
YES, NO = "yes", "no"
WEEKLY, FORTNIGHTLY, FOUR_WEEKLY, MONTHLY = "weekly", "fortnightly", "four_weekly", "monthly"
PAID = (WEEKLY, FORTNIGHTLY, FOUR_WEEKLY, MONTHLY)  # how often somebody is paid
MOST_QUESTIONS = 4  # of the council's own that are answered by yes or no
WORDS = ("document", "example", "question", "new_starter", "without")  # of a rule, that have translations; and one_of


@dataclass(frozen=True, slots=True)
class PaperRule:
    """One paper, in the council's own words, and how many of it are brought.

    `document` is what it is called in English, by which it is known everywhere; `name` is what people read. `question` is
    one of yes and no: it is brought only by who gives `answer`. Of papers `one_of` several one is enough. `counts` are how
    many payslips, by how often somebody is paid; `full_months` how many statements, each of a calendar month.
    """

    document: str
    name: str = ""
    example: str = ""
    one_of: tuple[str, ...] = ()
    question_key: str = ""
    question: str = ""
    answer: str = YES
    taken: tuple[str, ...] = TAKEN[:1]
    counts: tuple[tuple[str, int], ...] = ()
    full_months: int = 0
    each: str = ""
    new_starter: str = ""
    without: str = ""
    line: str = ""
    translations: tuple[tuple[str, Any], ...] = ()

    def count_for(self, paid: str) -> int:
        """How many payslips somebody brings who is paid so often; as many as by the month where four weeks have none."""
        counts = dict(self.counts)
        return counts.get(paid) or counts.get(MONTHLY, 0)


def paper_rule(stored: Mapping[str, Any]) -> PaperRule:
    """A rule as it is stored."""
    rule = PaperRule(
        document=stored["document"],
        name=stored["document"],
        example=stored.get("example", ""),
        one_of=tuple(stored.get("one_of", ())),
        question_key=stored.get("question", ""),
        question=stored.get("question", ""),
        answer=stored.get("answer") or YES,
        taken=tuple(stored.get("taken") or TAKEN[:1]),
        counts=tuple((paid, stored[paid]) for paid in PAID if stored.get(paid)),
        full_months=stored.get("full_months") or 0,
        each=stored.get("each", ""),
        new_starter=stored.get("new_starter", ""),
        without=stored.get("without", ""),
        translations=tuple((key, value) for key, value in stored.items() if key[-3:-2] == "_" and value),
    )
    return replace(rule, line=_line(rule, language_for(DEFAULT_LANGUAGE)))


def rule_in(rule: PaperRule, code: str) -> PaperRule:
    """The rule in the language of `code`; in English, marked as such, what has no translation."""
    if code == DEFAULT_LANGUAGE:
        return rule
    own = dict(rule.translations)
    keys = {"name": "document"} | {name: name for name in WORDS[1:]}
    words: dict[str, Any] = {
        name: own.get(f"{key}_{code}") or _marked(getattr(rule, name)) for name, key in keys.items()
    }
    choices = own.get(f"one_of_{code}") or map(InEnglish, rule.one_of)
    translated = replace(rule, one_of=tuple(choices), **words)
    is_english = isinstance(translated.name, InEnglish)
    line = InEnglish(rule.line) if is_english else _line(translated, language_for(code))
    return replace(translated, line=line)


def _marked(text: str) -> str:
    return InEnglish(text) if text else text


def _line(rule: PaperRule, language: Language) -> str:
    """The rule in one line, before anybody has answered anything."""
    line = _counted(rule, language)
    if rule.each == ACCOUNT:
        line = language.gettext("%(document)s, for each account", document=line)
    if rule.each == ADULT:
        line = language.gettext("%(document)s, for each adult", document=line)
    if rule.one_of:
        line = language.gettext("%(document)s: one of %(choices)s", document=line, choices="; ".join(rule.one_of))
    if rule.question and rule.answer == YES:
        return language.gettext("If yes to “%(question)s”: %(document)s", question=rule.question, document=line)
    if rule.question:
        return language.gettext("If no to “%(question)s”: %(document)s", question=rule.question, document=line)
    return line


def _counted(rule: PaperRule, language: Language) -> str:
    if rule.counts:
        return language.gettext(
            "%(document)s: %(weekly)s weekly, %(fortnightly)s fortnightly or %(monthly)s monthly",
            document=rule.name,
            **{paid: rule.count_for(paid) for paid in (WEEKLY, FORTNIGHTLY, MONTHLY)},
        )
    if rule.full_months:
        return language.ngettext(
            "%(document)s of the last full month",
            "%(document)s of the last %(num)s full months",
            rule.full_months,
            document=rule.name,
        )
    return rule.name
