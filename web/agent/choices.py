"""The options of a select or of a group of boxes."""

from __future__ import annotations

from dataclasses import dataclass

from web.labels import Labels


@dataclass(frozen=True)
class Option:
    """One option: its value, its label, and whether it is selected."""

    value: str
    label: str
    is_selected: bool


def options_of(labels: Labels, *selected: str) -> tuple[Option, ...]:
    """An option for each code of `labels`, in its order; those of `selected` are selected."""
    return tuple(Option(code, str(label), code in selected) for code, label in labels.items())
