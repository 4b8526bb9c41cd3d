"""An urgent request that nobody has taken."""

from __future__ import annotations

from sqlalchemy import select

from booking.urgent.tables import UrgentRequest
from booking.urgent.urgent_rules import UrgentAsk
from booking.use_cases.urgent_requests import keep_urgent
from core.audit import Actor
from core.runtime import Runtime


def urgent_request(runtime: Runtime, authority_id: int, key: str = "a-visit") -> int:
    """The id of a request of somebody who has nowhere to sleep."""
    ask = UrgentAsk(key, "housing", "online", ("homeless_tonight",), "Somewhere to sleep? No")
    keep_urgent(runtime, authority_id, ask, actor=Actor.resident())
    with runtime.database.reading() as db:
        return db.scalars(select(UrgentRequest.id).where(UrgentRequest.asked_key == key)).all()[-1]
