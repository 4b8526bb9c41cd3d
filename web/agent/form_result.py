"""What came of a form of a call, as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from web.agent.suggestions import Suggestion
from web.components.form_fields import FieldError


@dataclass(frozen=True)
class SlotConflict:
    """Why a slot cannot be booked, and other slots instead."""

    title: str
    text: str
    instead: tuple[Suggestion, ...] = ()


@dataclass(frozen=True)
class FormResult:
    """What came of a form: what is wrong with it or with the slot, and the page's HTTP status."""

    conflict: SlotConflict | None = None
    errors: Sequence[FieldError] = ()
    status: int = 200
    is_same_time: bool = False
    used_before: str = ""  # the address of another appointment with the same number
