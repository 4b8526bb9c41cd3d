"""Which number or code of a case a service asks for, as columns of its row."""

from __future__ import annotations

from sqlalchemy import Boolean, String, false
from sqlalchemy.orm import Mapped, mapped_column

from locations.case_numbers import REFUSE


class CaseNumberPolicy:
    """Mapped columns: what the council calls it (empty: nobody is asked), its form, whether it has to be on a list of the
    service, and what a second open appointment under it does; see `locations.case_numbers`.
    """

    case_number: Mapped[str] = mapped_column(String(60), default="", server_default="")
    case_number_form: Mapped[str] = mapped_column(String(100), default="", server_default="")
    case_number_listed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    case_number_again: Mapped[str] = mapped_column(String(12), default=REFUSE, server_default=REFUSE)
