"""Two changes of one record at the same time: what each has changed stays, and what both have changed is shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Merged:
    """The facts after both changes. `theirs` were changed by the other alone; `contested` by both, as typed last."""

    facts: Mapping[str, Any]
    theirs: tuple[str, ...]
    contested: tuple[str, ...]


def merge(shown: Mapping[str, Any], typed: Mapping[str, Any], now: Mapping[str, Any]) -> Merged:
    """`typed` over what a page has `shown`, and the record as it is `now`, fact by fact of `typed`.

    A fact that `shown` lacks counts as changed by both where `typed` and `now` differ.
    """
    facts, theirs, contested = dict(typed), [], []
    for name, value in typed.items():
        if value == now[name]:
            continue
        if name in shown and value == shown[name]:
            facts[name] = now[name]
            theirs.append(name)
        elif name not in shown or now[name] != shown[name]:
            contested.append(name)
    return Merged(facts, tuple(theirs), tuple(contested))
