"""Mapped rows of proposals, and of the wishes for earlier times that some of them answer."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId
from core.personal_data import personal


class Wish(Base):
    """Somebody waits for an earlier time: of an appointment, or, without one, for a visit with these services.

    It is open as long as it is not closed at `closed_at`. No sites, weekdays (Monday is 1) or hours are any. `until` is the
    last date that is of use; of an appointment it is the day before, whatever stands here.
    """

    __tablename__ = "wishes"
    __table_args__ = (
        Index(
            "uq_wishes_open",
            "appointment_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_wishes_authority_asked", "authority_id", "asked_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"), index=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id", ondelete="CASCADE"))
    service_ids: Mapped[list[int]] = mapped_column(JSON)  # empty where the appointment has them
    # How many of what each of these services counts, in their order, 0 where it does not; empty where none does.
    numbers: Mapped[list[int]] = mapped_column(JSON, default=list, server_default="[]")
    site_ids: Mapped[list[int]] = mapped_column(JSON)
    weekdays: Mapped[list[int]] = mapped_column(JSON)
    from_time: Mapped[time | None]
    to_time: Mapped[time | None]
    until: Mapped[date | None]
    channel: Mapped[str] = mapped_column(String(12))
    # What the visit has to meet; NULL where the appointment, or else the resident's record, says it.
    support_needs: Mapped[list[str] | None] = mapped_column(JSON, info=personal("needs"))
    # How they are told: by "email" or "text", first, or by "phone": then a colleague rings. Empty is as messages about the
    # appointment go; without one a colleague rings.
    told_by: Mapped[str] = mapped_column(String(10), default="", server_default="")
    # The only one with whom they want to come, while that one can be booked; NULL is anybody.
    adviser_id: Mapped[int | None] = mapped_column(ForeignKey("resources.id"), index=True)
    # The keyed digest of where a stranger asked from; empty for staff, programs, and whoever has an appointment.
    origin: Mapped[str] = mapped_column(String(64), default="", server_default="")
    # The token of a link of its own is an HMAC of the nonce; only its digest is kept. It ends with the wish.
    link_nonce: Mapped[str | None] = mapped_column(String(32))
    link_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    # See booking.proposals.wish_rules.WishState.
    state: Mapped[str] = mapped_column(String(12), default="open")
    unanswered: Mapped[int] = mapped_column(default=0)  # offers in a row
    asked_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    # When somebody last told them how it stands.
    told_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)


class Proposal(Base):
    """Another time that is put to somebody, with a hold of its own until `answer_by`: for an appointment, a wish, or both.

    An appointment has one open proposal at most, and so has a wish. The hold's token is an HMAC of its nonce; a hold that
    ended before its time (by a closure, say) is NULL here, and the proposal is of no use any more.
    """

    __tablename__ = "proposals"
    __table_args__ = (
        CheckConstraint("appointment_id IS NOT NULL OR wish_id IS NOT NULL", name="for_somebody"),
        Index(
            "uq_proposals_open",
            "appointment_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "uq_proposals_open_wish",
            "wish_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id", ondelete="CASCADE"), index=True)
    rebook_item_id: Mapped[int | None] = mapped_column(ForeignKey("rebook_items.id", ondelete="CASCADE"), index=True)
    wish_id: Mapped[int | None] = mapped_column(ForeignKey("wishes.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]  # of the proposals for this appointment, or else this wish; the first is 1
    slot_token: Mapped[str] = mapped_column(String(300))
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("holds.id", ondelete="SET NULL"), index=True)
    hold_nonce: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12), default="open")
    # No message reaches them: a colleague rings.
    is_rung: Mapped[bool] = mapped_column(default=False, server_default=false())
    # It was put to several who wait, who share the hold: who accepts first has it.
    is_shared: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Why it was not offered to those who had waited longer: (id of the wish, why) each.
    passed: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default="[]")
    made_at: Mapped[datetime]
    answer_by: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
