"""Mapped rows of staff: who they are, their roles, sessions, links to set a password, and the keys of programs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId

# Kinds of links to set a password: given by whoever manages colleagues, and asked for by who forgot theirs.
GIVEN, FORGOTTEN = "given", "forgotten"


class StaffMember(Base):
    """Somebody who works for an authority. The password is argon2id, or empty for single sign-on."""

    __tablename__ = "staff_members"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(300), default="")
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime]
    last_signed_in_at: Mapped[datetime | None]
    deactivated_at: Mapped[datetime | None]


class StaffRole(Base):
    """A role that a member of staff has, at one site or (no site) across the authority."""

    __tablename__ = "staff_roles"
    __table_args__ = (UniqueConstraint("staff_id", "role", "site_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(30))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))


class StaffAdviser(Base):
    """Which adviser or interpreter of the plan a member of staff is."""

    __tablename__ = "staff_advisers"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id", ondelete="CASCADE"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id", ondelete="CASCADE"), index=True)


class StaffSession(Base):
    """A signed-in browser. The cookie's token is kept as a SHA-256 digest; the row can be ended."""

    __tablename__ = "staff_sessions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    # Codes of `browser_names`: the string by which the browser can be known again is not kept.
    browser: Mapped[str] = mapped_column(String(20), default="", server_default="")
    device: Mapped[str] = mapped_column(String(20), default="", server_default="")


class PasswordLink(Base):
    """A link with which a member of staff sets a password: one at most of each kind, gone when it is used.

    The token is derived from `nonce` with our secret key, so that an email can carry it and no row holds it. Who was shown
    it is `made_by`, NULL for one that its owner asked for: it lasts no longer than their right to manage the account.
    """

    __tablename__ = "staff_password_links"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    made_by: Mapped[int | None] = mapped_column(BigId)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    nonce: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class PasswordRequest(Base):
    """An email address that somebody typed because they forgot a password. The scheduler answers it, and deletes it."""

    __tablename__ = "password_requests"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    requested_at: Mapped[datetime]


class StaffMail(Base):
    """An email to a member of staff with the link of this kind and nonce. The scheduler sends it while the link works."""

    __tablename__ = "staff_mails"
    __table_args__ = (Index("ix_staff_mails_state_due_at", "state", "due_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    nonce: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20))
    tries: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(300), default="")
    closed_at: Mapped[datetime | None]


class SecondStep(Base):
    """The app on a telephone with which a member of staff signs in; it counts from `confirmed_at` on.

    Its key is derived from `nonce`. `last_interval` is of the last code that was used: no code works twice.
    """

    __tablename__ = "second_steps"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id", ondelete="CASCADE"), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_interval: Mapped[int] = mapped_column(BigId)


class RecoveryCode(Base):
    """A code in place of the app's that has not been used; kept as a keyed digest."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64))


class SecondStepDemand(Base):
    """A role of which a council demands a second step."""

    __tablename__ = "second_step_demands"

    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(30), primary_key=True)


class ApiKey(Base):
    """A key for programs; kept as a SHA-256 digest. `prefix` is enough to recognise it in a list.

    One that was rolled over works until `ends_at`.
    """

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(12))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    made_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    last_used_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
