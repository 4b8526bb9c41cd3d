"""For whom a service is, as columns of its row."""

from __future__ import annotations

from sqlalchemy import Boolean, String, Text, true
from sqlalchemy.orm import Mapped, mapped_column

from locations.case_number_policy import CaseNumberPolicy
from locations.catchment import EVERYBODY, RULE


class CatchmentPolicy(CaseNumberPolicy):
    """Mapped columns: where people live whom it is for, whether that is a rule, and what others do instead.

    `named_adviser` says whether it is for people with a named adviser.
    """

    catchment: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    wards: Mapped[list[str]] = mapped_column(default=list, server_default="[]")  # their slugs
    catchment_kind: Mapped[str] = mapped_column(String(12), default=RULE, server_default=RULE)
    catchment_instead: Mapped[str] = mapped_column(Text, default="", server_default="")
    catchment_may_be_passed: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    named_adviser: Mapped[str] = mapped_column(String(12), default=EVERYBODY, server_default=EVERYBODY)
