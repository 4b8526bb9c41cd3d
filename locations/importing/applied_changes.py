"""What applying a difference has written. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Changes:
    """How many rows of each kind were written, and whose plans changed.

    `kept` names what the plan leaves out and the record still needs; `closure_ids` are the closures that are new or
    changed.
    """

    authority_id: int = 0
    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)
    closure_ids: list[int] = field(default_factory=list)
    touched_site_ids: set[int] = field(default_factory=set)
    touches_all: bool = False

    @property
    def are_none(self) -> bool:
        """Whether nothing was written."""
        return not (self.added or self.changed or self.removed)

    def touch_site(self, site_id: int | None) -> None:
        """Note that the plan of this site, or of all sites (None), is another now."""
        if site_id is None:
            self.touches_all = True
        else:
            self.touched_site_ids.add(site_id)
