"""Mapped rows of holds and appointments, and the claims by which the database refuses double booking."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from booking.confirmation_columns import ConfirmationColumns
from booking.own_contact_columns import OwnContactColumns
from booking.paper_columns import PaperColumns
from core.database import Base, BigId
from core.personal_data import personal

_NUMBERED = text("case_key <> ''")


class Hold(Base):
    """Capacity set aside while somebody fills in a form or talks on the phone. It expires by itself."""

    __tablename__ = "holds"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    slot_token: Mapped[str] = mapped_column(String(300))
    # The keyed digest of where a public hold was asked for; empty for staff and programs.
    origin: Mapped[str] = mapped_column(String(64), default="", server_default="", index=True)
    # It is kept for the waiting list: nobody has its token, and only an offer to somebody who waits takes it.
    is_kept: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Call(Base):
    """A member of staff is speaking with or about a resident: what is typed so far, and the slot that is held for them.

    One row for each pair until the call ends. The hold's token is an HMAC of its nonce; `moving` is the reference of the
    appointment that is to move to the slot. The slot is remembered when its hold has expired.
    """

    __tablename__ = "calls"
    __table_args__ = (UniqueConstraint("staff_id", "resident_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"), index=True)
    began_at: Mapped[datetime]
    changed_at: Mapped[datetime] = mapped_column(index=True)
    typed: Mapped[dict[str, Any]] = mapped_column(info=personal("story", empty={}))
    hold_nonce: Mapped[str] = mapped_column(String(64), default="", server_default="")
    slot_token: Mapped[str] = mapped_column(String(300), default="", server_default="")
    moving: Mapped[str] = mapped_column(String(12), default="", server_default="")
    held_until: Mapped[datetime | None]
    # When the caller was asked who they are, and what came of it: checked or not_checked.
    checked_at: Mapped[datetime | None]
    check_result: Mapped[str] = mapped_column(String(20), default="", server_default="")


class Appointment(OwnContactColumns, ConfirmationColumns, PaperColumns, Base):
    """A booked visit. Rescheduling keeps the reference and raises the version."""

    __tablename__ = "appointments"
    __table_args__ = (
        Index("ix_appointments_site_date", "site_id", "local_date", "starts_at"),
        Index("ix_appointments_resident", "resident_id", "starts_at"),
        Index("ix_appointments_authority_starts", "authority_id", "starts_at"),
        Index("ix_appointments_contact_email", "contact_email"),
        Index("ix_appointments_contact_phone_key", "contact_phone_key"),
        Index(
            "ix_appointments_case_key", "authority_id", "case_key", sqlite_where=_NUMBERED, postgresql_where=_NUMBERED
        ),
        CheckConstraint("starts_at < ends_at", name="period"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(30), default="booked")
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    mode: Mapped[str] = mapped_column(String(12))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    local_date: Mapped[date]
    slot_token: Mapped[str] = mapped_column(String(300))
    channel: Mapped[str] = mapped_column(String(12))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"))
    representative_id: Mapped[int | None] = mapped_column(ForeignKey("representatives.id"))
    support_needs: Mapped[list[str]] = mapped_column(info=personal("needs", empty=[]))
    notes: Mapped[str] = mapped_column(Text, default="", info=personal("story"))
    answers: Mapped[dict[str, Any]] = mapped_column(info=personal("story", empty={}))
    # What was missing when they came before, which is told with what to bring.
    missing_before: Mapped[list[str]] = mapped_column(
        default=list, server_default="[]", info=personal("story", empty=[])
    )
    # Whether it follows from an approach about homelessness, whose first contact is kept.
    is_approach: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    # The manage link's token is an HMAC of this nonce; only its digest is kept.
    manage_nonce: Mapped[str] = mapped_column(String(64))
    manage_digest: Mapped[str] = mapped_column(String(64), unique=True)
    # The version with which it became this resident's: 1, or that of the last hand-over.
    owner_since: Mapped[int] = mapped_column(default=1, server_default="1")
    # The name of the appointment's own room, for a joining address that has one. It stays when the appointment moves.
    room: Mapped[str] = mapped_column(String(40), default="", server_default="")
    # Where messages went before each change of the contact, the oldest first; empty where they went nowhere.
    earlier_emails: Mapped[list[str] | None] = mapped_column(info=personal("contact"))
    # What was decided about interpreters, the oldest first; see booking.arrangements.
    arrangements: Mapped[list[dict[str, Any]]] = mapped_column(
        default=list, server_default="[]", info=personal("needs", empty=[])
    )
    is_walk_in: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    # When they arrived; NULL before that, and where it was not recorded.
    arrived_at: Mapped[datetime | None]
    # When they were first seen; NULL before that, and where it was not recorded.
    seen_at: Mapped[datetime | None]
    state_reason: Mapped[str] = mapped_column(String(500), default="", info=personal("story"))
    # Who wanted the last move: resident or authority; empty where it was never moved.
    moved_by: Mapped[str] = mapped_column(String(12), default="", server_default="")
    # The version that is held by telephone though its time is one by video, because the video does not work for somebody.
    ring_instead_version: Mapped[int | None]
    # When nobody answered the calls of a day by telephone, in ISO form; the oldest first.
    unanswered_calls: Mapped[list[str]] = mapped_column(default=list, server_default="[]")


class HandOver(Base):
    """An appointment that was booked for the wrong person and handed to the right one, with `version` as its new version.

    What is kept is what the wrong person is told by: how they were reached about it, and the time that they knew.
    """

    __tablename__ = "hand_overs"
    __table_args__ = (UniqueConstraint("appointment_id", "version"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id", ondelete="CASCADE"))
    version: Mapped[int]
    owner_since: Mapped[int]
    from_resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"), index=True)
    representative_id: Mapped[int | None] = mapped_column(ForeignKey("representatives.id"))
    contact_email: Mapped[str | None] = mapped_column(String(254), info=personal("contact"))
    contact_phone: Mapped[str | None] = mapped_column(String(40), info=personal("contact"))
    contact_postal: Mapped[str | None] = mapped_column(String(330), info=personal("contact"))
    contact_preference: Mapped[str | None] = mapped_column(String(10))
    contact_leave_no_message: Mapped[bool | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    at: Mapped[datetime]


class AppointmentService(Base):
    """One service of a visit, in its order, with its own part of the time."""

    __tablename__ = "appointment_services"
    __table_args__ = (UniqueConstraint("appointment_id", "position"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id", ondelete="CASCADE"))
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), index=True)
    position: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class OldReference(Base):
    """The reference that an appointment had in another system, before it was imported."""

    __tablename__ = "old_references"
    __table_args__ = (UniqueConstraint("authority_id", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    # What is compared; see core.tokens.old_reference_key. Both lead to the person in the other system.
    key: Mapped[str] = mapped_column(String(60), info=personal("identity"))
    reference: Mapped[str] = mapped_column(String(60), info=personal("identity"))
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id", ondelete="CASCADE"), unique=True)
    # A keyed digest of all that the file said of it, to know whether it says the same again.
    content_mark: Mapped[str] = mapped_column(String(64), info=personal("identity"))
    imported_at: Mapped[datetime]


class Allocation(Base):
    """A seat of a resource for a stretch of 5-minute units, half-open, for a hold, an appointment or a visit at a desk.

    Searches read these; those of an expired hold are left out by `expires_at`. Past ones stay as the record
    of who sat where: searches only touch the future's part of the index.
    """

    __tablename__ = "allocations"
    __table_args__ = (
        CheckConstraint("first_unit < last_unit", name="period"),
        CheckConstraint(
            "(CASE WHEN hold_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN appointment_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN visit_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_owner",
        ),
        CheckConstraint("(hold_id IS NULL) = (expires_at IS NULL)", name="holds_expire"),
        Index("ix_allocations_search", "site_id", "first_unit", "resource_id", "seat", "last_unit", "expires_at"),
        Index("ix_allocations_resource", "resource_id", "first_unit"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"))
    seat: Mapped[int]
    first_unit: Mapped[int] = mapped_column(BigId)
    last_unit: Mapped[int] = mapped_column(BigId)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("holds.id", ondelete="CASCADE"), index=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id", ondelete="CASCADE"), index=True)
    # Somebody who is at a desk that their appointment, if they have one, does not occupy then.
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime | None]


class Claim(Base):
    """One 5-minute unit of one seat of one resource. The primary key is what refuses double booking."""

    __tablename__ = "claims"
    __table_args__ = {"sqlite_with_rowid": False}

    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"), primary_key=True)
    unit: Mapped[int] = mapped_column(BigId, primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True)
    allocation_id: Mapped[int] = mapped_column(ForeignKey("allocations.id", ondelete="CASCADE"), index=True)


class RebookItem(Base):
    """An appointment that cannot take place as booked: to be rebooked, or closed at `closed_at`.

    `reason` is `closure` when a closure touches it, which the item then belongs to; otherwise it says why the appointment
    does not fit the council's plan (`booking.availability.bookings_that_fit.MisfitReason`).
    """

    __tablename__ = "rebook_items"
    __table_args__ = (
        UniqueConstraint("closure_id", "appointment_id"),
        CheckConstraint("(closure_id IS NULL) = (reason <> 'closure')", name="closure"),
        Index(
            "uq_rebook_items_open",
            "appointment_id",
            unique=True,
            sqlite_where=text("closure_id IS NULL AND closed_at IS NULL"),
            postgresql_where=text("closure_id IS NULL AND closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    closure_id: Mapped[int | None] = mapped_column(ForeignKey("closures.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(String(20), default="closure")
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id", ondelete="CASCADE"), index=True)
    # What has become of it: see booking.rebooking.RebookState. It is open as long as it is not closed at `closed_at`.
    state: Mapped[str] = mapped_column(String(12), default="to_ring", server_default="to_ring")
    sought_at: Mapped[datetime | None]  # when another time was looked for, with or without success
    offers_wanted_at: Mapped[datetime | None]  # of an item without a closure, which says so for all of its own
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class SecretAddress:
    """Whoever has the address reads what is behind it, until it is revoked. Its token is kept as a digest."""

    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class CalendarFeed(SecretAddress, Base):
    """A secret, revocable .ics address for a site or one of its resources."""

    __tablename__ = "calendar_feeds"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    resource_id: Mapped[int | None] = mapped_column(ForeignKey("resources.id"))
    name: Mapped[str] = mapped_column(String(100))


class LinkRequest(Base):
    """What somebody typed to have a lost link sent again. The scheduler answers it, and deletes it, a few seconds later."""

    __tablename__ = "link_requests"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    reference: Mapped[str] = mapped_column(String(8))
    # What was typed as the reference, which may be one of another system.
    typed: Mapped[str] = mapped_column(String(100), default="", server_default="", info=personal("message"))
    surname: Mapped[str] = mapped_column(String(200), info=personal("message"))
    requested_at: Mapped[datetime]
