"""A triage that is being changed on screens: its table as far as it was written."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from core.slugs import free_slug
from locations.importing.set_up_tables import Table, plain
from locations.triage.tree import Tree, tree_of
from locations.triage.tree_checks import Problem, problems_of

QUESTIONS, OUTCOMES = "questions", "outcomes"
_EMPTY: Mapping[str, Any] = {"slug": "", "name": "", "services": (), "topics": (), "front_page": False, "first": ""}


@dataclass(frozen=True)
class TriageDraft:
    """The table of a triage as it is written so far, and the fingerprint of what it was begun from."""

    table: Table
    seen: str

    @property
    def tree(self) -> Tree:
        """The tree; what is missing in it is empty."""
        parts = {
            QUESTIONS: [{"ask": "", **one, "answers": _answers(one)} for one in self.table.get(QUESTIONS, ())],
            OUTCOMES: [{"kind": "", "title": "", **one} for one in self.table.get(OUTCOMES, ())],
        }
        own = {name: value for name, value in self.table.items() if name in _EMPTY}
        translations = {"translations": {name: value for name, value in self.table.items() if name.startswith("name_")}}
        return tree_of({**_EMPTY, **own, **parts, **translations})

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the tree so far."""
        return problems_of(self.tree)

    def part(self, slug: str) -> tuple[str, Table] | None:
        """The list in which a question or outcome stands, and its table; None where there is none."""
        for name in (QUESTIONS, OUTCOMES):
            for one in self.table.get(name, ()):
                if one.get("slug") == slug:
                    return name, one
        return None

    def with_own(self, own: Table) -> TriageDraft:
        """The draft with other values of the triage itself."""
        parts = {name: self.table.get(name, []) for name in (QUESTIONS, OUTCOMES)}
        kept = {"slug": self.table["slug"]} if self.table.get("slug") else {}
        return TriageDraft({**kept, **plain(own), **parts}, self.seen)

    def with_part(self, name: str, slug: str, table: Table) -> tuple[TriageDraft, str]:
        """The draft with this question or outcome in place of the one of this slug, or as a new one; and its slug."""
        changed = deepcopy(dict(self.table))
        parts: list[dict[str, Any]] = changed.setdefault(name, [])
        words = str(table.get("ask") or table.get("title") or "")
        taken = {one.get("slug", "") for key in (QUESTIONS, OUTCOMES) for one in self.table.get(key, ())}
        kind = "question" if name == QUESTIONS else "outcome"
        own = slug or free_slug(words, kind, taken)
        row = {"slug": own, **plain(table)}
        if slug:
            parts[next(n for n, one in enumerate(parts) if one.get("slug") == slug)] = row
        else:
            parts.append(row)
        if name == QUESTIONS and not changed.get("first"):
            changed["first"] = own
        return TriageDraft(changed, self.seen), own

    def without(self, slug: str) -> TriageDraft:
        """The draft without this question or outcome. Answers that led there lead nowhere: the checks say so."""
        parts = {
            name: [one for one in self.table.get(name, ()) if one.get("slug") != slug] for name in (QUESTIONS, OUTCOMES)
        }
        return TriageDraft({**self.table, **parts}, self.seen)


def with_theirs(mine: Table, base: Table, now: Table) -> dict[str, Any]:
    """My table with what a colleague has changed since `base`: theirs where I changed nothing, mine where both did."""
    lists = (QUESTIONS, OUTCOMES)
    own = [name for name in (*now, *mine) if name not in lists]
    merged = {name: now.get(name) if mine.get(name) == base.get(name) else mine.get(name) for name in own}
    merged = {name: value for name, value in merged.items() if value is not None}
    for name in lists:
        ours, before, theirs = ({one["slug"]: one for one in table.get(name, ())} for table in (mine, base, now))
        rows = {
            slug: theirs.get(slug) if ours.get(slug) == before.get(slug) else ours.get(slug)
            for slug in (*theirs, *ours)
        }
        merged[name] = [row for row in rows.values() if row is not None]
    return merged


def _answers(question: Table) -> list[dict[str, Any]]:
    return [{"answer": "", "leads_to": "", **one} for one in question.get("answers", ())]
