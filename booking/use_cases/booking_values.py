"""What is to be booked, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from booking.slot_tokens import SlotKey
from people.residents.approach import Approach
from people.residents.details import Representation, ResidentDetails


@dataclass(frozen=True)
class Booking:
    """A booking to be made: a slot or a hold's token, for whom, through which channel, and what is known of them.

    `is_walk_in`: they are here now, the slot begins at once, and they are booked as arrived. `imported_as` is the reference
    in another system; they are told only if `is_told`, and reminded in either case. Whoever books has proved to be
    `known_resident`, by a link say, or by that of an `invitation`. `approach` is how they asked for help. It gets the
    resources that it may `prefer`, if they are free, and has other columns of its row `beside` these. `case_number` is as it
    was typed, None where nobody could be asked; `despite_number` says that another appointment under it is known.
    """

    authority_id: int
    channel: str
    resident: ResidentDetails | int
    slot_key: SlotKey | None = None
    hold: str | None = None
    representative: Representation | None = None
    support_needs: tuple[str, ...] = ()
    notes: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    despite_same_time: bool = False
    is_walk_in: bool = False
    imported_as: str = ""
    is_told: bool = True
    outside_reason: str = ""
    known_resident: int | None = None
    spoke_with: str = ""  # the resident or the representative, if staff did and know it
    approach: Approach | None = None
    prefer: frozenset[int] = frozenset()
    beside: Mapping[str, Any] = field(default_factory=dict)
    paper_answers: dict[str, Any] = field(default_factory=dict)
    invitation: int | None = None
    case_number: str | None = None
    despite_number: bool = False


@dataclass(frozen=True)
class Booked:
    """An appointment after a change: reference, version, state, the token of its slot, the unit at which it ends."""

    appointment_id: int
    reference: str
    version: int
    state: str
    slot_token: str
    end_unit: int
    manage_url_path: str = ""
