"""What a session opens and its exceptions, written to the tables beside its own row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from locations.importing.difference import Change, Key
from locations.importing.set_up_queries import Rows
from locations.session_facts import ExceptionFacts
from locations.tables import SessionException, SessionResource, SessionService, SessionTemplate


def write_opened(db: Session, rows: Rows, change: Change) -> None:
    """Write the resources, services and exceptions of a session where they differ. Its own row has been flushed."""
    row, values = rows.by_key[change.key], change.new_values
    if "resources" in values:
        _write_links(db, SessionResource, "resource_id", row, map(rows.resource_id, values["resources"]))
    if "services" in values:
        services = (rows.by_key[Key("service", (slug,))].id for slug in values["services"])
        _write_links(db, SessionService, "service_id", row, services)
    if "exceptions" in values:
        _write_exceptions(db, row, values["exceptions"])


def _write_links(db: Session, table: Any, column: str, row: Any, linked_ids: Iterable[Any]) -> None:
    """Write the links in the order of the plan: from the first that differs on they are written anew."""
    owner = "template_id" if isinstance(row, SessionTemplate) else "dated_session_id"
    planned = list(linked_ids)
    known = list(db.scalars(select(table).filter_by(**{owner: row.id}).order_by(table.id)))
    pairs = zip(known, planned, strict=False)
    same = next(
        (at for at, (link, id_) in enumerate(pairs) if getattr(link, column) != id_), min(len(known), len(planned))
    )
    for link in known[same:]:
        db.delete(link)
    db.flush()
    db.add_all(table(**{owner: row.id, column: linked_id}) for linked_id in planned[same:])


def _write_exceptions(db: Session, row: SessionTemplate, planned: Mapping[date, ExceptionFacts]) -> None:
    statement = select(SessionException).where(SessionException.template_id == row.id)
    known = {exception.date: exception for exception in db.scalars(statement)}
    for day in known.keys() - planned.keys():
        db.delete(known[day])
    for day, facts in planned.items():
        values = {"starts": facts.starts, "ends": facts.ends, "reason": facts.reason}
        if day not in known:
            db.add(SessionException(template_id=row.id, date=day, **values))
        else:
            for name, value in values.items():
                setattr(known[day], name, value)
