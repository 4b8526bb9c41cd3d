"""The templates that this service needs at GOV.UK Notify, which owns them. Pure.

Each is known by its name and holds nothing but placeholders: what messages say is written here, not there.
docs/reminders.md says how to make them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_PLACEHOLDER = re.compile(r"\(\(([^()?]+)(?:\?\?[^()]*)?\)\)")


@dataclass(frozen=True, slots=True)
class NeededTemplate:
    """A template by its name and type there, and the placeholders that it must have."""

    name: str
    type: str
    placeholders: frozenset[str]


TEXT = NeededTemplate("Front Door: text", "sms", frozenset({"message"}))
EMAIL = NeededTemplate("Front Door: email", "email", frozenset({"subject", "message"}))
LETTER = NeededTemplate("Front Door: letter", "letter", frozenset({"heading", "message"}))
LARGE_LETTER = NeededTemplate("Front Door: letter in large print", "letter", frozenset({"heading", "message"}))
NEEDED = (TEXT, EMAIL, LETTER, LARGE_LETTER)
ADDRESS_LINES = tuple(f"address_line_{number}" for number in range(1, 8))


@dataclass(frozen=True, slots=True)
class FoundTemplate:
    """What is known of a needed template: its id (empty where there is none), and where its placeholders differ.

    One that is `unknown` has no value here, and a message by it would be refused.
    """

    needed: NeededTemplate
    id: str = ""
    lacking: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Whether a message can be sent by it without losing a part."""
        return bool(self.id) and not self.lacking and not self.unknown


def find_templates(listed: Iterable[Mapping[str, Any]]) -> list[FoundTemplate]:
    """Each needed template as it is among those that the provider lists."""
    by_name = {(_plain(one.get("name")), one.get("type")): one for one in listed}
    return [_found(needed, by_name.get((_plain(needed.name), needed.type))) for needed in NEEDED]


def _found(needed: NeededTemplate, template: Mapping[str, Any] | None) -> FoundTemplate:
    if template is None:
        return FoundTemplate(needed)
    text = f"{template.get('subject') or ''}\n{template.get('body') or ''}"
    there = {_plain(name).replace(" ", "_") for name in _PLACEHOLDER.findall(text)}
    unknown = there - needed.placeholders - (set(ADDRESS_LINES) if needed.type == "letter" else set())
    lacking = needed.placeholders - there
    return FoundTemplate(needed, str(template.get("id") or ""), tuple(sorted(lacking)), tuple(sorted(unknown)))


def _plain(name: object) -> str:
    """A name as it is compared there: without regard to case and spaces around it."""
    return " ".join(str(name or "").lower().split())
