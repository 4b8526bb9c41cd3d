"""Mapped rows of residents: who they are, who acts for them, what was said, and who has seen it.

Personal data says so on its column: `info=personal(class, days kept after the last appointment)`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from core.database import Base, BigId
from core.personal_data import personal
from people.residents.details import phone_key


def by_code_point(length: int) -> String:
    """Text in the order of its code points on every database, so that an index finds what begins with a prefix."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class Resident(Base):
    """Who an appointment is for. May have neither email nor telephone."""

    __tablename__ = "residents"
    __table_args__ = (
        Index("ix_residents_authority_email", "authority_id", "email", "name_key"),
        Index("ix_residents_authority_phone_key", "authority_id", "phone_key", "name_key"),
        Index("ix_residents_authority_postcode_key", "authority_id", "postcode_key"),
        Index("ix_residents_authority_date_of_birth", "authority_id", "date_of_birth"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    name: Mapped[str] = mapped_column(String(200), info=personal("identity"))
    date_of_birth: Mapped[date | None] = mapped_column(info=personal("identity"))
    surname: Mapped[str] = mapped_column(String(200), default="", info=personal("identity"))
    # A digest that closely the same names share: many people may have one telephone.
    name_key: Mapped[str] = mapped_column(String(32), default="", server_default="", info=personal("identity"))
    email: Mapped[str] = mapped_column(by_code_point(254), default="", info=personal("contact"))
    phone: Mapped[str] = mapped_column(String(40), default="", info=personal("contact"))
    # The digits from the last to the first: the last digits of a number find it by prefix.
    phone_key: Mapped[str] = mapped_column(by_code_point(20), default="", info=personal("contact"))
    postcode: Mapped[str] = mapped_column(String(10), default="", info=personal("contact"))
    postcode_key: Mapped[str] = mapped_column(by_code_point(10), default="", info=personal("contact"))
    # The lines above the postcode, for letters.
    address: Mapped[str] = mapped_column(String(310), default="", server_default="", info=personal("contact"))
    # One of LETTER_FORMATS of `details`.
    letter_format: Mapped[str] = mapped_column(String(20), default="", server_default="", info=personal("needs"))
    language: Mapped[str] = mapped_column(String(40), default="", info=personal("needs"))
    support_needs: Mapped[list[str]] = mapped_column(info=personal("needs", empty=[]))
    # email, text, letter or none
    contact_preference: Mapped[str] = mapped_column(String(10), default="email")
    # In which we write to them, as a code, or empty where nobody asked; `language` is what they need an interpreter for.
    message_language: Mapped[str] = mapped_column(String(10), default="", server_default="en")
    do_not_text: Mapped[bool] = mapped_column(Boolean, default=False)
    leave_no_message: Mapped[bool] = mapped_column(Boolean, default=False)
    # When the post brought a letter back: no more are sent until the address has changed.
    letter_returned_at: Mapped[datetime | None]
    # When a mail server said that there is no such mailbox: as of letters.
    email_returned_at: Mapped[datetime | None]
    # "10:00-12:00": they may be rung and texted between these times of day alone. Empty for any.
    safe_hours: Mapped[str] = mapped_column(String(11), default="", server_default="", info=personal("contact"))
    # Nothing that is sent to them, nor said to whoever answers, names a service.
    uses_neutral_name: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default=false(), info=personal("contact", empty=False)
    )
    created_at: Mapped[datetime]
    anonymised_at: Mapped[datetime | None]

    @validates("email")
    def _forget_returned_mail(self, _name: str, email: str) -> str:
        if email != self.email:  # what came back was sent to the one before
            self.email_returned_at = None
        return email


class ResidentNameToken(Base):
    """One word of a resident's name, folded and by sound, so that a misspelt name is found."""

    __tablename__ = "resident_name_tokens"
    __table_args__ = (
        Index("ix_resident_name_tokens_token", "authority_id", "token", "resident_id"),
        Index("ix_resident_name_tokens_sound", "authority_id", "sound", "resident_id"),
        Index("ix_resident_name_tokens_reversed", "authority_id", "reversed"),
        Index("ix_resident_name_tokens_resident", "resident_id", "token", "sound"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"))
    token: Mapped[str] = mapped_column(by_code_point(100), info=personal("identity"))
    sound: Mapped[str] = mapped_column(String(20), default="", info=personal("identity"))
    # The letters from the last to the first: a word that is misspelt at its beginning is found by its end.
    reversed: Mapped[str] = mapped_column(by_code_point(100), default="", server_default="", info=personal("identity"))


class Representative(Base):
    """Who acts for a resident, and on what basis: parent, carer, power of attorney, support worker, other."""

    __tablename__ = "representatives"
    __table_args__ = (
        Index("ix_representatives_authority_email", "authority_id", "email"),
        Index("ix_representatives_phone_key", "phone_key"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200), info=personal("identity"))
    basis: Mapped[str] = mapped_column(String(60))
    email: Mapped[str] = mapped_column(String(254), default="", info=personal("contact"))
    phone: Mapped[str] = mapped_column(String(40), default="", info=personal("contact"))
    # As of residents; follows the number.
    phone_key: Mapped[str] = mapped_column(by_code_point(20), default="", server_default="", info=personal("contact"))
    # As of residents: for letters; texts to this number are not wanted; what came back.
    address: Mapped[str] = mapped_column(String(310), default="", server_default="", info=personal("contact"))
    postcode: Mapped[str] = mapped_column(String(10), default="", server_default="", info=personal("contact"))
    do_not_text: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    created_at: Mapped[datetime]
    email_returned_at: Mapped[datetime | None]
    letter_returned_at: Mapped[datetime | None]

    @validates("phone")
    def _write_phone_key(self, _name: str, phone: str) -> str:
        self.phone_key = phone_key(phone)
        return phone


class ContactNote(Base):
    """What was said in an earlier contact, so that nobody has to say it twice."""

    __tablename__ = "contact_notes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    channel: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, info=personal("story"))
    at: Mapped[datetime]


class FirstContact(Base):
    """How somebody first asked for help with homelessness: one row of each resident, which nothing that comes later changes.

    Where two records of one person are merged the earlier one counts, and the other `is_later`.
    `asked_by` is the name of whoever asked for them, `taken_by` that of the member of staff; empty for neither.
    """

    __tablename__ = "first_contacts"
    __table_args__ = (
        Index(
            "uq_first_contacts_first",
            "resident_id",
            unique=True,
            sqlite_where=text("is_later = 0"),
            postgresql_where=text("NOT is_later"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"), index=True)
    is_later: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    asked_at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(20))
    asked_by: Mapped[str] = mapped_column(String(200), info=personal("identity"))
    taken_by: Mapped[str] = mapped_column(String(200))
    words: Mapped[str] = mapped_column(Text, info=personal("story"))


class RegisterEntry(Base):
    """Somebody is on the register of people who cannot get online, until it is ended or decided anew.

    `criteria` are codes of `register_rules`; `reason` says why it is so without all of them. Who decided is `staff_id`.
    """

    __tablename__ = "register_entries"
    __table_args__ = (
        Index(
            "uq_register_entries_open",
            "resident_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_register_entries_authority_review", "authority_id", "review_on"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"), index=True)
    criteria: Mapped[list[str]] = mapped_column(info=personal("needs", empty=[]))
    reason: Mapped[str] = mapped_column(String(500), info=personal("needs"))
    review_on: Mapped[date]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    decided_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    ended_why: Mapped[str] = mapped_column(String(500), default="", info=personal("needs"))


class MemorableWord(Base):
    """By which a resident shows on the telephone that it is they: a hash, as of a password."""

    __tablename__ = "memorable_words"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"), unique=True)
    word_hash: Mapped[str] = mapped_column(String(200), info=personal("identity"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    set_at: Mapped[datetime]


class Mandate(Base):
    """Somebody may act for a resident in more than one booking, until it ends. `version` counts what was changed.

    `proof` and `powers` are codes of `mandate_rules`; the proof was seen by `proof_by`.
    """

    __tablename__ = "mandates"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"), index=True)
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(200), info=personal("identity"))
    basis: Mapped[str] = mapped_column(String(60))
    phone: Mapped[str] = mapped_column(String(40), info=personal("contact"))
    email: Mapped[str] = mapped_column(String(254), info=personal("contact"))
    powers: Mapped[list[str]]
    proof: Mapped[str] = mapped_column(String(20))
    proof_by: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    proof_at: Mapped[datetime]
    valid_until: Mapped[date | None]
    noted_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    changed_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(String(500), default="", info=personal("story"))


class ResidentView(Base):
    """A member of staff or a program has seen a resident's data: who, whose, why, when."""

    __tablename__ = "resident_views"
    __table_args__ = (
        Index("ix_resident_views_resident_at", "resident_id", "at"),
        Index("ix_resident_views_authority_at", "authority_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("residents.id", ondelete="CASCADE"))
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None] = mapped_column(BigId)
    purpose: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]
