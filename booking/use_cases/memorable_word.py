"""Keeps the memorable word of a resident, as a hash like that of a password, and compares what a caller says with it."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.use_cases.calls import CHECKED, CallKey, begun, write_check
from core.audit import Actor, record
from core.errors import Invalid, NotFound
from core.rate_limits import check_rate_limit
from core.runtime import Runtime
from people.residents.memorable_words import check_word, word_key
from people.residents.resident_repository import lock_known, resident_of
from people.residents.tables import MemorableWord
from people.staff.passwords import hash_password, is_password

LIMIT = "5/hour"  # tries for one resident, whoever types them
FACT = "memorable_word"  # in the record of what a caller knew


def has_word(db: Session, authority_id: int, resident_id: int) -> bool:
    """Whether the resident has agreed on one."""
    here = (MemorableWord.authority_id == authority_id, MemorableWord.resident_id == resident_id)
    return db.scalar(select(MemorableWord.id).where(*here, MemorableWord.word_hash != "")) is not None


def set_word(runtime: Runtime, authority_id: int, resident_id: int, word: str, *, actor: Actor) -> None:
    """Agree on a word, in place of the one before. Whoever calls has been checked. Raises: Invalid, NotFound."""
    with runtime.database.reading() as db:
        key = check_word(word, resident_of(db, authority_id, resident_id).name)
    hashed = hash_password(key)
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        lock_known(db, authority_id, resident_id)
        db.execute(delete(MemorableWord).where(MemorableWord.resident_id == resident_id))
        staff_id = actor.id if actor.kind == "staff" else None
        whose = {"authority_id": authority_id, "resident_id": resident_id}
        db.add(MemorableWord(**whose, word_hash=hashed, staff_id=staff_id, set_at=now))
        record(db, actor, "word_set", ("resident", resident_id), authority_id=authority_id, now=now)


def remove_word(runtime: Runtime, authority_id: int, resident_id: int, *, actor: Actor) -> None:
    """Forget the word. Raises: NotFound, also where there is none."""
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        lock_known(db, authority_id, resident_id)
        if not has_word(db, authority_id, resident_id):
            raise NotFound
        db.execute(delete(MemorableWord).where(MemorableWord.resident_id == resident_id))
        record(db, actor, "word_removed", ("resident", resident_id), authority_id=authority_id, now=now)


def check_caller_by_word(runtime: Runtime, key: CallKey, word: str, *, actor: Actor) -> None:
    """Record that the caller knew the word: it counts as much as two facts, for this call.

    Raises: Invalid for another word, RateLimited after five tries in an hour, NotFound where none was agreed on.
    """
    with runtime.database.reading() as db:
        here = (MemorableWord.authority_id == key.authority_id, MemorableWord.resident_id == key.resident_id)
        kept = db.scalar(select(MemorableWord.word_hash).where(*here))
    if not kept:
        raise NotFound
    check_rate_limit(runtime, LIMIT, "memorable word", str(key.resident_id))
    is_right = is_password(kept, word_key(word))
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        if is_right:
            row = begun(db, key, now)
            row.checked_at, row.changed_at, row.check_result = now, now, CHECKED
            write_check(db, key, actor, now, is_checked=True, facts=[FACT])
        else:
            record(db, actor, "word_wrong", ("resident", key.resident_id), authority_id=key.authority_id, now=now)
    if not is_right:
        raise Invalid.in_field("word", "word_wrong")
