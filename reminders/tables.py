"""Mapped rows of the outbox: what is owed, each try to send it, and the messages that the demo keeps."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Boolean, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId
from core.personal_data import personal


class Notification(Base):
    """A message owed for one version of one appointment. Due when `due_at <= now < useful_until`.

    Status: pending, sent, failed (refused for good), in_doubt (sent twice, and nobody knows whether it arrived), void (it is
    not true any more), late (of no use any more) and withheld (nobody may or can be reached this way). `reason` says why
    (see `reminders.reasons`); it may quote a mail server, which may quote an address.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("appointment_id", "version", "kind", "channel"),
        Index(
            "ix_notifications_due",
            "next_try_at",
            postgresql_where=text("status = 'pending'"),
            sqlite_where=text("status = 'pending'"),
        ),
        Index(
            "ix_notifications_untold",
            "authority_id",
            "useful_until",
            postgresql_where=text("status IN ('withheld', 'failed') AND told_at IS NULL"),
            sqlite_where=text("status IN ('withheld', 'failed') AND told_at IS NULL"),
        ),
        Index(
            "ix_notifications_to_ring",
            "authority_id",
            "useful_until",
            postgresql_where=text("status = 'pending' AND channel = 'call'"),
            sqlite_where=text("status = 'pending' AND channel = 'call'"),
        ),
        Index(
            "ix_notifications_to_make",
            "authority_id",
            "useful_until",
            postgresql_where=text("status = 'pending' AND channel = 'by_hand'"),
            sqlite_where=text("status = 'pending' AND channel = 'by_hand'"),
        ),
        Index(
            "ix_notifications_failed",
            "authority_id",
            "closed_at",
            postgresql_where=text("status IN ('failed', 'late') AND told_at IS NULL"),
            sqlite_where=text("status IN ('failed', 'late') AND told_at IS NULL"),
        ),
        Index("ix_notifications_authority_id_due_at", "authority_id", "due_at"),
        Index(
            "ix_notifications_ask_at",
            "ask_at",
            postgresql_where=text("ask_at IS NOT NULL"),
            sqlite_where=text("ask_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id", ondelete="CASCADE"))
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(30))
    channel: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(10), default="pending")
    due_at: Mapped[datetime]
    useful_until: Mapped[datetime]
    next_try_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    # Raised at each claim: a worker with an older token may not write the result.
    fencing_token: Mapped[int] = mapped_column(default=0)
    # Set while a worker has it; `next_try_at` is the same instant then, so that one index finds all there is to do.
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(300), default="", info=personal("message"))
    # The channels that failed before this one, joined by commas: the message goes by it in their place.
    instead_of: Mapped[str] = mapped_column(String(40), default="", server_default="")
    # Of what was done in a visit, the digest of the words that it told.
    words_digest: Mapped[str] = mapped_column(String(64), default="", server_default="", info=personal("message"))
    # When staff told them what reached nobody.
    told_at: Mapped[datetime | None]
    # What the provider said last of the message that it took; nothing where no provider says so.
    provider_status: Mapped[str] = mapped_column(String(20), server_default="")
    delivered_at: Mapped[datetime | None]
    # When the provider is asked next; NULL when nothing more is to be learnt, and for channels that tell nothing.
    ask_at: Mapped[datetime | None]
    # What a provider has taken of it: segments of a text, or 1 for a letter, once more for each time that it was sent
    # again. NULL for what costs nothing, what was not sent, and what nobody counted.
    units_sent: Mapped[int | None]
    # When it was still on its way so shortly before the visit that it counts as not delivered.
    overdue_at: Mapped[datetime | None]


class DeliveryAttempt(Base):
    """One try to send a notification. Started and never ended means that a worker died: it may have arrived.

    What was told in the message of another one, of the same person and day, was `joined_to` that. It has an end of its own.
    """

    __tablename__ = "delivery_attempts"
    __table_args__ = (
        UniqueConstraint("notification_id", "fencing_token"),
        Index(
            "ix_delivery_attempts_joined_to",
            "joined_to",
            postgresql_where=text("joined_to IS NOT NULL"),
            sqlite_where=text("joined_to IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    notification_id: Mapped[int] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))
    fencing_token: Mapped[int]
    worker: Mapped[str] = mapped_column(String(60))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    # sent, failed, refused (for good), unclear (it broke off when it may have arrived), returned (the provider took it and
    # could not deliver it), or empty while it runs
    outcome: Mapped[str] = mapped_column(String(10), default="")
    provider_reference: Mapped[str] = mapped_column(String(200), default="")
    # Mail servers tend to repeat the address that they refuse.
    error: Mapped[str] = mapped_column(String(300), default="", info=personal("message"))
    # An earlier try may have arrived although nothing says so.
    maybe_duplicate: Mapped[bool] = mapped_column(Boolean, default=False)
    joined_to: Mapped[int | None] = mapped_column(ForeignKey("notifications.id", ondelete="SET NULL"))


class EndedFailure(Base):
    """What staff did about a message that failed: corrected, retried, rung or nothing. `fencing_token` is that of the try.

    A message that fails once more has another token then, and is to be dealt with again.
    """

    __tablename__ = "failure_endings"
    __table_args__ = (UniqueConstraint("notification_id", "fencing_token"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    notification_id: Mapped[int] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))
    fencing_token: Mapped[int]
    result: Mapped[str] = mapped_column("ending", String(10))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    at: Mapped[datetime]


class InboundText(Base):
    """A text that somebody sent to the provider's number, as it came. `provider_id` is the provider's own for it.

    `outcome` is what became of it (see `reminders.text_answers`), `choices` are the appointments that we asked about, as
    they were numbered, `proposal_id` is that of the offer which it answers, `done_at` is when staff had read what no rule
    understands. No council is that of a text from a number that none knows. `next_try_at` is when a text that could not be
    handled is tried again.
    """

    __tablename__ = "inbound_texts"
    __table_args__ = (
        Index("ix_inbound_texts_authority_id_handled_at", "authority_id", "handled_at"),
        Index("ix_inbound_texts_handled_at", "handled_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(100), unique=True)
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("authorities.id"))
    from_number: Mapped[str] = mapped_column(String(40), info=personal("message"))
    # The digits from the last to the first, as of residents.
    phone_key: Mapped[str] = mapped_column(String(20), default="", index=True, info=personal("message"))
    text: Mapped[str] = mapped_column(String(2000), info=personal("message"))
    received_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(12), default="", server_default="")
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id", ondelete="CASCADE"), index=True)
    choices: Mapped[list[int]] = mapped_column(JSON, default=list, server_default="[]")
    proposal_id: Mapped[int | None] = mapped_column(BigId)
    done_at: Mapped[datetime | None]

    @property
    def council(self) -> int:
        """The id of the council; 0, which none has, where there is none."""
        return self.authority_id or 0


class DemoMessage(Base):
    """A message as the demo's outbox keeps it: the whole MIME text, to be read at /demo/outbox."""

    __tablename__ = "demo_messages"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    notification_id: Mapped[int | None] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"), index=True)
    to: Mapped[str] = mapped_column(String(254), info=personal("message"))
    subject: Mapped[str] = mapped_column(String(300), info=personal("message"))
    raw: Mapped[bytes] = mapped_column(LargeBinary, info=personal("message"))
    at: Mapped[datetime]


class ChannelPause(Base):
    """A channel that is left alone, by all workers: it refused this service, or an operator stopped it.

    The row of a channel that refused stays until the channel takes a message again: `until` is when it is tried next.
    What an operator stopped has no `until`; the channel `*` is every one.
    """

    __tablename__ = "channel_pauses"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    refusals: Mapped[int] = mapped_column(default=0)
    # Without addresses, which the channel takes out.
    reason: Mapped[str] = mapped_column(String(300), default="")


class CouncilPause(Base):
    """What a council holds back of its own messages: all, one kind, or one channel (`subject`; empty for all)."""

    __tablename__ = "council_pauses"
    __table_args__ = (UniqueConstraint("authority_id", "scope", "subject"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    scope: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(30))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    paused_by: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(200), info=personal("story"))


class SiteMessage(Base):
    """What staff wrote to everybody who was booked at a site on a day, or for one service of it; Welsh where given.

    With an appointment, it is about that one alone.
    """

    __tablename__ = "site_messages"
    __table_args__ = (Index("ix_site_messages_authority_id_local_date", "authority_id", "local_date"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id", ondelete="CASCADE"), index=True)
    local_date: Mapped[date]
    text: Mapped[str] = mapped_column(String(500), info=personal("story"))
    text_cy: Mapped[str] = mapped_column(String(500), info=personal("story"))
    sent_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class KeyPace(Base):
    """When the next requests under a provider's key may begin: by whatever process or host, which all know it here.

    `paused_until` is until when the provider wants to be left alone.
    """

    __tablename__ = "key_paces"

    key_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    free_at: Mapped[datetime]
    paused_until: Mapped[datetime | None]


class Heartbeat(Base):
    """A running scheduler's last heartbeat; `/readyz` looks at the newest."""

    __tablename__ = "heartbeats"

    worker: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime]
