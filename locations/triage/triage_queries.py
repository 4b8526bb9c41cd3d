"""Rows of a council's triages turned into trees."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from locations.triage.tables import Triage
from locations.triage.tree import Tree, tree_of

PARTS = ("slug", "name", "services", "topics", "front_page", "first", "questions", "outcomes", "translations")


def load_triages(db: Session, authority_id: int) -> tuple[Tree, ...]:
    """The triages of the authority, in the order in which they were written."""
    statement = select(Triage).where(Triage.authority_id == authority_id).order_by(Triage.id)
    rows = db.scalars(statement, execution_options={"populate_existing": True})
    return tuple(tree_of({name: getattr(row, name) for name in PARTS}, row.version) for row in rows)
