"""The state of a call as the address has it: what is searched for and what is shown, nothing personal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from core.errors import InvalidValue
from core.wall_clock import parse_day
from locations.model import MODES
from people.residents.details import NEEDS

MOST_SERVICES = 2


@dataclass(frozen=True)
class CallState:
    """What is selected in a call. `needs` None means those that the resident is known to have."""

    services: tuple[str, ...] = ()
    needs: tuple[str, ...] | None = None
    mode: str = ""
    near: str = ""
    first_date: date | None = None
    cell: str = ""
    picking: bool = False
    search_text: str = ""
    moving: str = ""
    cancelling: str = ""

    def but(self, **changes: Any) -> CallState:
        """The same state with `changes`; an opened cell is closed unless it is one of them."""
        shut: dict[str, Any] = {"cell": "", "picking": False, "search_text": "", "cancelling": ""}
        return replace(self, **(shut | changes))

    @property
    def query(self) -> str:
        """The query string that `read_state` reads back."""
        pairs: list[tuple[str, str]] = [("service", slug) for slug in self.services]
        if self.needs is not None:
            pairs += [("filtered", "1"), *(("need", code) for code in self.needs)]
        facts: Mapping[str, str] = {
            "mode": self.mode,
            "near": self.near,
            "from": self.first_date.isoformat() if self.first_date else "",
            "cell": self.cell,
            "pick": "1" if self.picking else "",
            "find": self.search_text,
            "move": self.moving,
            "cancel": self.cancelling,
        }
        return urlencode(pairs + [(name, value) for name, value in facts.items() if value])


def read_state(arguments: MultiDict[str, str]) -> CallState:
    """The state that `arguments` describe. What means nothing is left out rather than refused."""
    needs = tuple(code for code in dict.fromkeys(arguments.getlist("need")) if code in NEEDS)
    mode = arguments.get("mode", "")
    return CallState(
        services=tuple(dict.fromkeys(arguments.getlist("service")))[:MOST_SERVICES],
        needs=needs if arguments.get("filtered", "") else None,
        mode=mode if mode in MODES else "",
        near=" ".join(arguments.get("near", "").split())[:20],
        first_date=_date(arguments.get("from", "")),
        cell=arguments.get("cell", "")[:40],
        picking=bool(arguments.get("pick", "")),
        search_text=" ".join(arguments.get("find", "").split())[:60],
        moving=arguments.get("move", "")[:12],
        cancelling=arguments.get("cancel", "")[:12],
    )


def _date(text: str) -> date | None:
    try:
        return parse_day(text)
    except InvalidValue:
        return None
