"""Somebody of whom it is noted that they may act for a resident."""

from __future__ import annotations

from booking.use_cases.mandates import note_mandate
from core.audit import Actor
from core.runtime import Runtime
from people.residents.mandate_rules import BOOK, Mandated


def mandate_of(runtime: Runtime, authority_id: int, resident_id: int, name: str = "Carla Carer") -> int:
    """The id of the first entry of a resident."""
    given, today = Mandated(name, "carer", "letter", (BOOK,)), runtime.clock.now().date()
    return note_mandate(runtime, authority_id, resident_id, given, today=today, seen=0, actor=Actor.system())
