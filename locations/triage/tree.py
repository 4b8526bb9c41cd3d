"""A triage as a value: a tree of questions whose answers lead to a further question or to an outcome. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.language import DEFAULT_LANGUAGE, InEnglish

BOOK, ONLINE, POST, RING, COME_TODAY, ELSEWHERE = "book", "online", "post", "ring", "come_today", "elsewhere"
OUTCOME_KINDS = (BOOK, ONLINE, POST, RING, COME_TODAY, ELSEWHERE)
HOMELESS_TONIGHT, FACING_HOMELESSNESS = "homeless_tonight", "facing_homelessness"
NO_FOOD_OR_HEATING, DANGER_AT_HOME = "no_food_or_heating", "danger_at_home"
# What an answer may mean. Whoever gives an urgent one is led to somebody today and never to times that are free some day.
MEANINGS = (HOMELESS_TONIGHT, FACING_HOMELESSNESS, NO_FOOD_OR_HEATING, DANGER_AT_HOME)
URGENT = frozenset({HOMELESS_TONIGHT, NO_FOOD_OR_HEATING, DANGER_AT_HOME})
ABOUT_HOMELESSNESS = frozenset({HOMELESS_TONIGHT, FACING_HOMELESSNESS})
ENDS_OF_URGENT = (RING, COME_TODAY)
NOT_ALONE_FOR_HOMELESSNESS = (ONLINE, POST)
# The words of each part that have translations.
TRANSLATED_PARTS: Mapping[str, tuple[str, ...]] = {
    "triage_question": ("ask", "help"),
    "triage_answer": ("answer",),
    "triage_outcome": ("title", "text", "who", "hours"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, the slug of the question or outcome to which it leads, and what it means, if anything."""

    answer: str
    leads_to: str
    means: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question; `help` is for residents, `say` for staff who read it out."""

    slug: str
    ask: str
    answers: tuple[Answer, ...]
    help: str = ""
    say: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What somebody does: see OUTCOME_KINDS. `text` is the rule of it, in words for everybody; `say` is for staff."""

    slug: str
    kind: str
    title: str
    text: str = ""
    say: str = ""
    services: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    url: str = ""
    who: str = ""
    phone: str = ""
    hours: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A question that was answered, and how."""

    question: Question
    answer: Answer


@dataclass(frozen=True, slots=True)
class Path:
    """How far some answers lead: the steps, and then the next question, or the outcome."""

    steps: tuple[Step, ...]
    question: Question | None = None
    outcome: Outcome | None = None

    @property
    def meanings(self) -> tuple[str, ...]:
        """What the answers mean, each once."""
        return tuple(dict.fromkeys(step.answer.means for step in self.steps if step.answer.means))

    @property
    def is_urgent(self) -> bool:
        """Whether somebody must be spoken to today."""
        return not URGENT.isdisjoint(self.meanings)

    @property
    def is_about_homelessness(self) -> bool:
        """Whether it is an approach about homelessness, of which the first contact counts."""
        return not ABOUT_HOMELESSNESS.isdisjoint(self.meanings)

    @property
    def words(self) -> dict[str, str]:
        """The answers by question, as they were read."""
        return {str(step.question.ask): str(step.answer.answer) for step in self.steps}


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A triage: what it stands in front of, its first question, and all questions and outcomes by slug."""

    slug: str
    name: str
    services: tuple[str, ...]
    topics: tuple[str, ...]
    front_page: bool
    first: str
    questions: Mapping[str, Question]
    outcomes: Mapping[str, Outcome]
    version: int = 1
    stored: Mapping[str, Any] | None = None

    @property
    def may_mean_danger(self) -> bool:
        """Whether somebody answers it who may have to leave the page quickly."""
        return any(answer.means == DANGER_AT_HOME for one in self.questions.values() for answer in one.answers)

    @property
    def may_be_about_homelessness(self) -> bool:
        """Whether it may be an approach about homelessness when somebody asks for an appointment instead of answering."""
        return any(one.means in ABOUT_HOMELESSNESS for each in self.questions.values() for one in each.answers)

    @property
    def urgent_help(self) -> tuple[tuple[Step, Outcome], ...]:
        """Each answer that is urgent and leads straight to an outcome, with its question, and that outcome."""
        steps = (
            Step(one, answer) for one in self.questions.values() for answer in one.answers if answer.means in URGENT
        )
        known = self.outcomes
        return tuple((step, known[step.answer.leads_to]) for step in steps if step.answer.leads_to in known)

    def follow(self, given: Mapping[str, int]) -> Path:
        """How far the answers lead; `given` are their numbers, from 0, by question. One that is none ends the path."""
        steps: list[Step] = []
        here = self.first
        while here in self.questions and len(steps) < len(self.questions):
            question = self.questions[here]
            number = given.get(here, -1)
            if not 0 <= number < len(question.answers):
                return Path(tuple(steps), question=question)
            steps.append(Step(question, question.answers[number]))
            here = question.answers[number].leads_to
        return Path(tuple(steps), self.questions.get(here), self.outcomes.get(here))

    def paths(self) -> Iterator[Path]:
        """Every way through the tree, up to an outcome, a dead end, or a question that comes a second time."""
        return self._paths(self.first, ())

    def _paths(self, here: str, steps: tuple[Step, ...]) -> Iterator[Path]:
        question = self.questions.get(here)
        if question is None or not question.answers or any(step.question is question for step in steps):
            yield Path(steps, question, self.outcomes.get(here))
            return
        for answer in question.answers:
            yield from self._paths(answer.leads_to, (*steps, Step(question, answer)))


def tree_of(values: Mapping[str, Any], version: int = 1) -> Tree:
    """The tree in the columns of a triage."""
    return Tree(
        slug=values["slug"],
        name=values["name"],
        services=tuple(values["services"]),
        topics=tuple(values["topics"]),
        front_page=values["front_page"],
        first=values["first"],
        questions={one["slug"]: _question(one) for one in values["questions"]},
        outcomes={one["slug"]: _outcome(one) for one in values["outcomes"]},
        version=version,
        stored=values,
    )


def in_english(tree: Tree) -> Tree:
    """The tree as the council wrote it, whatever language `tree` is in."""
    return tree if tree.stored is None else tree_of(tree.stored, tree.version)


def tree_in(tree: Tree, code: str) -> Tree:
    """The tree in the language of `code`; in English, marked as such, what has no translation."""
    if code == DEFAULT_LANGUAGE or tree.stored is None:
        return tree
    stored = tree.stored
    name = stored.get("translations", {}).get(f"name_{code}") or InEnglish(tree.name)
    questions = [
        _in(one, "triage_question", code) | {"answers": [_in(each, "triage_answer", code) for each in one["answers"]]}
        for one in stored["questions"]
    ]
    outcomes = [_in(one, "triage_outcome", code) for one in stored["outcomes"]]
    return replace(
        tree,
        name=name,
        questions={one["slug"]: _question(one) for one in questions},
        outcomes={one["slug"]: _outcome(one) for one in outcomes},
    )


def _in(part: Mapping[str, Any], kind: str, code: str) -> dict[str, Any]:
    words = {
        name: part.get(f"{name}_{code}") or InEnglish(part[name]) for name in TRANSLATED_PARTS[kind] if name in part
    }
    return {**part, **words}


def _question(stored: Mapping[str, Any]) -> Question:
    answers = tuple(Answer(one["answer"], one["leads_to"], one.get("means", "")) for one in stored["answers"])
    return Question(stored["slug"], stored["ask"], answers, stored.get("help", ""), stored.get("say", ""))


def _outcome(stored: Mapping[str, Any]) -> Outcome:
    words = {name: stored.get(name, "") for name in ("text", "say", "url", "who", "phone", "hours")}
    services, sites = (tuple(stored.get(name, ())) for name in ("services", "sites"))
    return Outcome(stored["slug"], stored["kind"], stored["title"], services=services, sites=sites, **words)
