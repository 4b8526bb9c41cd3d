"""Keeps the memorable word of a resident, as a hash like that of a password, and compares what a caller says with it."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.queries.word_holders import has_word
from booking.tables import Call
from booking.use_cases.calls import CHECKED, CallKey, begun, write_check
from core.audit import Actor, record
from core.errors import Invalid, NotFound, Refused
from core.rate_limits import check_rate_limit
from core.runtime import Runtime
from people.residents.memorable_words import check_word, word_key
from people.residents.resident_repository import lock_known, resident_of
from people.residents.tables import MemorableWord
from people.staff.passwords import hash_password, is_password

LIMIT = "5/hour"  # tries for one resident, whoever types them
FACT = "memorable_word"  # in the record of what a caller knew


def set_word(runtime: Runtime, key: CallKey, word: str, *, actor: Actor) -> None:
    """Agree on a word, in place of the one before: in a call in which the caller was checked, by that word if there is one.

    Raises: Invalid, Refused for a caller who was not, NotFound.
    """
    with runtime.database.reading() as db:
        compared = check_word(word, resident_of(db, key.authority_id, key.resident_id).name)
    hashed = hash_password(compared)
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        lock_known(db, key.authority_id, key.resident_id)
        if not may_choose(db, key):
            raise Refused.because("word_not_checked")
        db.execute(delete(MemorableWord).where(MemorableWord.resident_id == key.resident_id))
        staff_id = actor.id if actor.kind == "staff" else None
        whose = {"authority_id": key.authority_id, "resident_id": key.resident_id}
        db.add(MemorableWord(**whose, word_hash=hashed, staff_id=staff_id, set_at=now))
        record(db, actor, "word_set", ("resident", key.resident_id), authority_id=key.authority_id, now=now)


def may_choose(db: Session, key: CallKey) -> bool:
    """Whether the caller was checked in this call: where there is a word, since it was chosen, so by nothing else."""
    of_call = (Call.authority_id == key.authority_id, Call.staff_id == key.staff_id)
    checked = select(Call.checked_at).where(*of_call, Call.resident_id == key.resident_id, Call.check_result == CHECKED)
    checked_at = db.scalar(checked)
    here = (MemorableWord.authority_id == key.authority_id, MemorableWord.resident_id == key.resident_id)
    set_at = db.scalar(select(MemorableWord.set_at).where(*here))
    return checked_at is not None and (set_at is None or checked_at > set_at)


def remove_word(runtime: Runtime, authority_id: int, resident_id: int, why: str, *, actor: Actor) -> None:
    """Forget the word, for a reason that is on record: they forgot it, and have shown who they are in another way.

    Raises: Invalid without a reason; NotFound, also where there is none.
    """
    if not why.strip():
        raise Invalid.in_field("why", "word_removed_why")
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        lock_known(db, authority_id, resident_id)
        if not has_word(db, authority_id, resident_id):
            raise NotFound
        db.execute(delete(MemorableWord).where(MemorableWord.resident_id == resident_id))
        subject = ("resident", resident_id)
        record(db, actor, "word_removed", subject, authority_id=authority_id, now=now, reason=why.strip())


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
