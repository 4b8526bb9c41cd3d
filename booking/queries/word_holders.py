"""Who has agreed on a memorable word."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from people.residents.tables import MemorableWord


def has_word(db: Session, authority_id: int, resident_id: int) -> bool:
    """Whether the resident has one."""
    return bool(with_word(db, authority_id, [resident_id]))


def with_word(db: Session, authority_id: int, resident_ids: Sequence[int]) -> frozenset[int]:
    """Those of the residents who have one."""
    here = (MemorableWord.authority_id == authority_id, MemorableWord.resident_id.in_(resident_ids))
    return frozenset(db.scalars(select(MemorableWord.resident_id).where(*here, MemorableWord.word_hash != "")))
