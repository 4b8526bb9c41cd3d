"""What staff write to everybody who is booked at a site on a day. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.language import DEFAULT_LANGUAGE, language_for


@dataclass(frozen=True, slots=True)
class SiteText:
    """The words of a message to everybody of a day at a site, in English and, where somebody has written it, in Welsh."""

    site_id: int = 0
    day: date = date.min
    english: str = ""
    welsh: str = ""

    def text_in(self, code: str) -> str:
        """The words for who reads this language."""
        return self.welsh if code == "cy" and self.welsh else self.english

    def is_english_in(self, code: str) -> bool:
        """Whether who reads this language gets the English words, which then say so."""
        return code != DEFAULT_LANGUAGE and bool(self.english) and self.text_in(code) == self.english

    def without(self, names: Iterable[str]) -> SiteText:
        """The same words with these names replaced, whatever their case, by what any appointment is called."""
        known = "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(names, key=len, reverse=True))

        def hidden(text: str, code: str) -> str:
            return re.sub(known, lambda _found: language_for(code).gettext("Appointment"), text, flags=re.IGNORECASE)

        return replace(self, english=hidden(self.english, DEFAULT_LANGUAGE), welsh=hidden(self.welsh, "cy"))

    def concerns(self, site_id: int, starts_at: datetime, zone: str) -> bool:
        """Whether an appointment is still at that site on that day."""
        return (site_id, starts_at.astimezone(ZoneInfo(zone)).date()) == (self.site_id, self.day)


NO_SITE_TEXT = SiteText()
