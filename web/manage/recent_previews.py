"""What edits of the set-up would do, kept in memory for the next page: neither its address nor its counting locks again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from weakref import WeakKeyDictionary

from booking.use_cases.change_set_up import EditPreview, preview_edits
from core.database import Database
from locations.importing.difference import Key
from locations.importing.set_up_tables import Edit
from web.page_context import StaffContext

MOST_KEPT = 4  # of a process: each has the set-up before and after
FRESH, COUNTED = 5.0, 180.0  # seconds: from the form to its page, and while a page goes on counting


@dataclass
class _Kept:
    previews: OrderedDict[str, tuple[float, EditPreview]] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)


_kept: WeakKeyDictionary[Database, _Kept] = WeakKeyDictionary()


def preview_of(
    context: StaffContext, token: str, edits: tuple[Edit, ...], seen: Mapping[Key, str], *, seconds: float = 0
) -> EditPreview:
    """What the edits of this token would do: as it was at most so many seconds ago, while the set-up is the same.

    Raises: as `preview_edits`.
    """
    kept = _kept.setdefault(context.runtime.database, _Kept())
    name = f"{context.authority.id} {context.authority.plan_version} {token}"
    with kept.lock:
        at, found = kept.previews.get(name, (0.0, None))
    if found is not None and monotonic() - at < seconds:
        return found
    found = preview_edits(context.runtime, context.authority.id, edits, seen)
    with kept.lock:
        kept.previews[name] = monotonic(), found
        kept.previews.move_to_end(name)
        while len(kept.previews) > MOST_KEPT:
            kept.previews.popitem(last=False)
    return found
