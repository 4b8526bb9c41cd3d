"""Whether a council's audit is whole: every entry as it was written, none removed, none added; and its marks made anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from core.audit import LANES, AuditEntry, AuditLane
from core.audit_marks import entry_mark, head_mark, key_that_made, reason_digest, removal_mark
from core.connections import CLEANUP
from core.database import Database, connection_of, secret_keys_of, table_of

BATCH = 1_000
_entries, _lanes = table_of(AuditEntry), table_of(AuditLane)
_ENTRIES = select(_entries).where(_entries.c.authority_id == bindparam("authority"))
_IN_ORDER = _ENTRIES.order_by(_entries.c.lane, _entries.c.number)
_HEADS = select(_lanes).where(_lanes.c.authority_id == bindparam("authority")).order_by(_lanes.c.lane)
_HEAD = _HEADS.where(_lanes.c.lane == bindparam("of_lane")).with_for_update()
_BATCH = _ENTRIES.where(_entries.c.id > bindparam("after")).order_by(_entries.c.id).limit(BATCH).with_for_update()
Values = Mapping[str, Any]


class Fault(StrEnum):
    """What is wrong at a place of the audit."""

    CHANGED = "changed"  # the entry, or it was not written by the service
    REASON_CHANGED = "reason_changed"
    MISSING = "missing"  # one or more entries before this one
    MISSING_AT_END = "missing_at_end"  # one or more after this one
    NOT_COUNTED = "not_counted"  # the entry was put in
    COUNT_CHANGED = "count_changed"  # of the lane
    COUNT_MISSING = "count_missing"  # of the lane


@dataclass(frozen=True)
class AuditFault:
    """The place at which an audit is not whole. Without an entry in the lane at that place, the entry is None."""

    fault: Fault
    lane: int
    number: int
    entry_id: int | None = None
    at: datetime | None = None
    action: str = ""
    subject: tuple[str, int] = ("", 0)

    @property
    def order(self) -> tuple[int, float, int]:
        """The first is what an entry shows; then what only the counts show."""
        is_entry = self.fault is not Fault.MISSING_AT_END and self.entry_id is not None
        return (0, self.entry_id or 0, self.lane) if is_entry else (1, -self.number, self.lane)


@dataclass(frozen=True)
class AuditReport:
    """How many entries a council's audit has, and the first place at which it is not whole, if any."""

    entries: int
    first_fault: AuditFault | None


def verify_audit(database: Database, authority_id: int) -> AuditReport:
    """Whether the audit is whole, by one snapshot of it, while others write."""
    with database.reading_snapshot() as db:
        heads = {
            row["lane"]: dict(row) for row in connection_of(db).execute(_HEADS, {"authority": authority_id}).mappings()
        }
        faults, entries = [], 0
        seen = dict.fromkeys(heads.keys() | set(LANES), 0)
        last: dict[int, Values] = {}
        for entry in _stream(db, authority_id):
            entries += 1
            lane, expected = entry["lane"], seen.get(entry["lane"], 0) + 1
            fault = _fault_of(db, entry, expected, heads.get(lane))
            faults += [_at(fault, entry)] if fault else []
            seen[lane], last[lane] = entry["number"], entry
        for lane, number in sorted(seen.items()):
            fault = _fault_of_head(db, authority_id, lane, number, heads.get(lane))
            faults += [_at(fault, last[lane]) if lane in last else AuditFault(fault, lane, number)] if fault else []
            faults = [min(faults, key=lambda one: one.order)] if faults else []
    return AuditReport(entries, faults[0] if faults else None)


def _stream(db: Session, authority_id: int) -> Iterator[Values]:
    options = {"yield_per": BATCH}
    rows = connection_of(db).execute(_IN_ORDER, {"authority": authority_id}, execution_options=options)
    yield from map(dict, rows.mappings())


def _at(fault: Fault, entry: Values) -> AuditFault:
    subject = (entry["subject_kind"], entry["subject_id"])
    return AuditFault(fault, entry["lane"], entry["number"], entry["id"], entry["at"], entry["action"], subject)


def _fault_of(db: Session, entry: Values, expected: int, head: Values | None) -> Fault | None:
    keys = secret_keys_of(db)
    if key_that_made(entry["mark"], partial(entry_mark, entry=entry), keys) is None:
        return Fault.CHANGED
    if not _is_reason_whole(entry, keys):
        return Fault.REASON_CHANGED
    if entry["number"] != expected:
        return Fault.MISSING
    if head is not None and entry["number"] > head["entries"]:
        return Fault.NOT_COUNTED
    return None


def _is_reason_whole(entry: Values, keys: Sequence[str]) -> bool:
    if entry["removal_mark"]:
        is_ours = key_that_made(entry["removal_mark"], partial(removal_mark, entry=entry), keys) is not None
        return is_ours and not entry["reason"]
    return key_that_made(entry["reason_digest"], partial(reason_digest, entry=entry), keys) is not None


def _fault_of_head(db: Session, authority_id: int, lane: int, last: int, head: Values | None) -> Fault | None:
    if head is None:
        return Fault.COUNT_MISSING
    made = partial(head_mark, authority_id=authority_id, lane=lane, count=head["entries"])
    if lane not in LANES or key_that_made(head["mark"], made, secret_keys_of(db)) is None:
        return Fault.COUNT_CHANGED
    return Fault.MISSING_AT_END if last < head["entries"] else None


def renew_marks(database: Database, authority_id: int) -> int:
    """How many entries were marked anew with the current key, in batches, while others write. Call it when all is whole.

    A mark that none of the keys made stays as it is.
    """
    renewed, last_id = 0, 0
    while True:
        with database.writing(CLEANUP) as db:
            values = {"authority": authority_id, "after": last_id}
            rows = connection_of(db).execute(_BATCH, values).mappings().all()
            changes = [change for row in rows if (change := _renewed(dict(row), secret_keys_of(db)))]
            if changes:
                connection_of(db).execute(_RENEW, changes)
        renewed += len(changes)
        if len(rows) < BATCH:
            break
        last_id = rows[-1]["id"]
    _renew_heads(database, authority_id)
    return renewed


_RENEW = (
    update(_entries)
    .where(_entries.c.id == bindparam("entry"))
    .values({name: bindparam(f"new_{name}") for name in ("mark", "reason_digest", "removal_mark")})
)
_RENEW_HEAD = (
    update(_lanes)
    .where(_lanes.c.authority_id == bindparam("authority"), _lanes.c.lane == bindparam("of_lane"))
    .values(mark=bindparam("new_mark"))
)


def _renewed(entry: dict[str, Any], keys: Sequence[str]) -> dict[str, Any] | None:
    """The new marks of an entry, or None where the current key made them, or none of the keys."""
    made_by = key_that_made(entry["mark"], partial(entry_mark, entry=entry), keys)
    if made_by in (None, keys[0]) or not _is_reason_whole(entry, keys):
        return None
    if entry["removal_mark"]:  # the digest of what is gone stays as it is
        entry["removal_mark"] = removal_mark(keys[0], entry)
    else:
        entry["reason_digest"] = reason_digest(keys[0], entry)
    entry["mark"] = entry_mark(keys[0], entry)
    return {"entry": entry["id"]} | {f"new_{name}": entry[name] for name in ("mark", "reason_digest", "removal_mark")}


def _renew_heads(database: Database, authority_id: int) -> None:
    for lane in LANES:
        with database.writing(CLEANUP) as db:
            of_lane, keys = {"authority": authority_id, "of_lane": lane}, secret_keys_of(db)
            head = connection_of(db).execute(_HEAD, of_lane).mappings().first()
            if head is None:
                continue
            made = partial(head_mark, authority_id=authority_id, lane=lane, count=head["entries"])
            if key_that_made(head["mark"], made, keys) not in (None, keys[0]):
                connection_of(db).execute(_RENEW_HEAD, of_lane | {"new_mark": made(keys[0])})
