"""What is noted of who may act for a resident, beside whoever acts for them."""

from __future__ import annotations

from sqlalchemy import String, case, cast, func, select

from people.residents.mandate_rules import BE_TOLD
from people.residents.tables import Mandate, Representative

_IS_TOLD = Mandate.ended_at.is_(None) & cast(Mandate.powers, String).contains(f'"{BE_TOLD}"')
_LINE = case((_IS_TOLD, "1;"), else_="0;") + func.coalesce(cast(Mandate.valid_until, String), "") + ";" + Mandate.name
# Beside a representative: what is noted of who may act for the resident, a line for each entry, as `last_day_told` reads it.
NOTED = (
    select(func.aggregate_strings(_LINE, "\n"))
    .where(Mandate.resident_id == Representative.resident_id)
    .correlate(Representative)
    .scalar_subquery()
    .label("noted")
)
