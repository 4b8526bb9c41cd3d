"""How somebody is reached about one appointment, where it is not as in the resident's record, as columns of its row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, validates

from core.personal_data import personal
from people.residents.details import phone_key
from people.residents.tables import by_code_point


class OwnContactColumns:
    """Mapped columns: contact details given for this appointment alone, online or by staff; NULL where the record counts.

    `contact_postal` has the lines of an address, the postcode last.
    """

    contact_email: Mapped[str | None] = mapped_column(String(254), info=personal("contact"))
    contact_phone: Mapped[str | None] = mapped_column(String(40), info=personal("contact"))
    # As of residents; follows the number.
    contact_phone_key: Mapped[str | None] = mapped_column(by_code_point(20), info=personal("contact"))
    contact_postal: Mapped[str | None] = mapped_column(String(330), info=personal("contact"))
    contact_preference: Mapped[str | None] = mapped_column(String(10))
    contact_leave_no_message: Mapped[bool | None]
    # When a mail server said that there is no such mailbox, and when the post brought a letter back.
    contact_email_returned_at: Mapped[datetime | None]
    contact_postal_returned_at: Mapped[datetime | None]
    contact_language: Mapped[str | None] = mapped_column(String(40), info=personal("needs"))

    @validates("contact_email")
    def _forget_returned_mail(self, _name: str, email: str | None) -> str | None:
        if email != self.contact_email:  # what came back was sent to the one before
            self.contact_email_returned_at = None
        return email

    @validates("contact_postal")
    def _forget_returned_letter(self, _name: str, postal: str | None) -> str | None:
        if postal != self.contact_postal:
            self.contact_postal_returned_at = None
        return postal

    @validates("contact_phone")
    def _write_phone_key(self, _name: str, phone: str | None) -> str | None:
        self.contact_phone_key = None if phone is None else phone_key(phone)
        return phone
