"""How people come to a site, as fields of `SiteFacts`. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from locations.default_values import RING_MINUTES


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SiteTerms:
    """Of video: where it is joined, with {room} where each appointment has its own. Of the telephone: who rings, how long.

    Of those who come in person: whether a screen in the entrance lets them say that they are here, and
    whether the display makes a sound or reads aloud when somebody is called.
    """

    joining_address: str = ""
    rings_from: str = ""
    ring_minutes: int = RING_MINUTES
    has_kiosk: bool = False
    display_sounds: bool = False
    display_speaks: bool = False
