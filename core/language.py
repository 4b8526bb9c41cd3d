"""A language as a value: its texts, and dates, times and counts as its readers write them. No Flask.

Pages take the language of the request, messages that of the person they are for; `language_for` gives both the same value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from functools import cached_property
from io import BytesIO

from babel import Locale
from babel.dates import format_time as babel_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from markupsafe import Markup

from core.settings import ROOT

DEFAULT_LANGUAGE = "en"
# What residents' pages and messages can be written in: code and the language's own name.
LANGUAGES = {"en": "English", "cy": "Cymraeg"}
CATALOGUES = ROOT / "translations"
TWELVE_HOURS = frozenset({"en", "cy"})  # whose readers write 10:30am


class InEnglish(str):
    """A text of the council that is only there in English. A page in another language marks it with its language."""

    __slots__ = ()

    def __html__(self) -> Markup:
        """The text as an element of its own, so that it is read out as English."""
        return Markup('<span lang="en" dir="ltr">{}</span>').format(str(self))


class Language:
    """One language. `code` is its ISO 639 code; `translations` holds its texts."""

    def __init__(self, code: str, translations: NullTranslations) -> None:
        self.code = code
        self.translations = translations
        self._locale = Locale.parse(code)

    def gettext(self, text: str, /, **values: object) -> str:
        """`text` in this language, with its `%(name)s` filled in."""
        translated = self.translations.gettext(text)
        return translated % values if values else translated

    def ngettext(self, singular: str, plural: str, num: int, /, **values: object) -> str:
        """The form of a text that fits the number `num`, with `%(num)s` and `values` filled in."""
        return self.translations.ngettext(singular, plural, num) % {"num": num, **values}

    def time(self, at: datetime | time) -> str:
        """ "10:30am", "9am", "midday", "midnight". Source: GOV.UK style guide, Times, read 2026-11-23."""
        if at.minute == 0 and at.hour in (0, 12):
            return self.gettext("midday") if at.hour else self.gettext("midnight")
        if self.code not in TWELVE_HOURS:
            return str(babel_time(at.time() if isinstance(at, datetime) else at, "short", locale=self._locale))
        hour = at.hour % 12 or 12
        return f"{hour}{f':{at.minute:02d}' if at.minute else ''}{'am' if at.hour < 12 else 'pm'}"

    def day(self, day: date) -> str:
        """ "Tuesday 24 November 2026"."""
        return self.gettext(
            "%(weekday)s %(day)s %(month)s %(year)s",
            weekday=self._weekdays_in_sentence[day.weekday()],
            day=day.day,
            month=self._months[day.month - 1],
            year=day.year,
        )

    def day_short(self, day: date) -> str:
        """ "Tue 24 Nov"."""
        weekday, month = self.day_names_short[day.weekday()], self._months_short[day.month - 1]
        return self.gettext("%(weekday)s %(day)s %(month)s", weekday=weekday, day=day.day, month=month)

    def moment(self, at: datetime) -> str:
        """ "Tuesday 24 November 2026 at 10:30am"; `at` is in the zone of the place."""
        return self.gettext("%(day)s at %(time)s", day=self.day(at), time=self.time(at))

    def moment_short(self, at: datetime) -> str:
        """ "Tue 24 Nov 10:30am"; `at` is in the zone of the place."""
        return self.gettext("%(day)s %(time)s", day=self.day_short(at), time=self.time(at))

    def month(self, day: date) -> str:
        """ "November 2026"."""
        return self.gettext("%(month)s %(year)s", month=self._months[day.month - 1], year=day.year)

    def month_name(self, day: date) -> str:
        """ "November"."""
        return self._months[day.month - 1]

    def minutes(self, minutes: int) -> str:
        """ "45 minutes", "1 hour", "1 hour 30 minutes"."""
        hours, rest = divmod(minutes, 60)
        long = self.ngettext("%(num)s hour", "%(num)s hours", hours)
        short = self.ngettext("%(num)s minute", "%(num)s minutes", rest)
        if hours and rest:
            return self.gettext("%(hours)s %(minutes)s", hours=long, minutes=short)
        return long if hours else short

    def miles(self, miles: float | None) -> str:
        """ "1.4 miles", "less than 1 mile"; nothing when the distance is not known."""
        if miles is None:
            return ""
        if miles < 1:
            return self.gettext("less than 1 mile")
        return self.gettext("%(miles)s miles", miles=f"{miles:.1f}")

    def all_of(self, names: Iterable[str]) -> str:
        """ "A, B and C"; "A; B and C" where "B and C" is one name."""
        items = list(names)
        if len(items) < 2:
            return items[0] if items else ""
        joining = self.gettext("%(names)s and %(last)s", names="", last="").strip()
        if any("," in name or joining in name.split() for name in items):
            return "; ".join(items)
        return self.gettext("%(names)s and %(last)s", names=", ".join(items[:-1]), last=items[-1])

    def one_of(self, names: Iterable[str]) -> str:
        """ "A, B or C"."""
        items = list(names)
        if len(items) < 2:
            return "".join(items)
        return self.gettext("%(names)s or %(last)s", names=", ".join(items[:-1]), last=items[-1])

    @property
    def direction(self) -> str:
        """Where its lines begin: "ltr" on the left, "rtl" on the right."""
        return self._locale.text_direction

    @cached_property
    def day_names(self) -> tuple[str, ...]:
        """Monday to Sunday."""
        return _in_order(self._locale.days["format"]["wide"])

    @cached_property
    def day_names_short(self) -> tuple[str, ...]:
        """Mon to Sun."""
        return _in_order(self._locale.days["format"]["abbreviated"])

    @cached_property
    def _weekdays_in_sentence(self) -> tuple[str, ...]:
        """As they stand in a date: "dydd Mercher" in Welsh."""
        is_small = self.code == "cy"
        return tuple(f"{name[:1].lower()}{name[1:]}" if is_small else name for name in self.day_names)

    @cached_property
    def _months(self) -> tuple[str, ...]:
        return _in_order(self._locale.months["format"]["wide"])

    @cached_property
    def _months_short(self) -> tuple[str, ...]:
        return _in_order(self._locale.months["format"]["abbreviated"])


def _in_order(names: dict[int, str]) -> tuple[str, ...]:
    return tuple(str(names[key]) for key in sorted(names))


loaded: dict[str, Language] = {}  # by code; a test puts a language of its own in here


def language_for(code: str) -> Language:
    """The language of this code; English for one that there is no catalogue of."""
    known = code if code in LANGUAGES else DEFAULT_LANGUAGE
    if known not in loaded:
        loaded[known] = Language(known, _translations(known))
    return loaded[known]


def best_language(offered: Sequence[str], chosen: str = "") -> str:
    """The one that somebody has chosen, where it is offered; else the first that is."""
    return chosen if chosen in offered else next(iter(offered), DEFAULT_LANGUAGE)


def _translations(code: str) -> NullTranslations:
    """The texts of a catalogue, which is compiled as it is read: nothing compiled can be older than its source."""
    source = CATALOGUES / code / "LC_MESSAGES" / "messages.po"
    if not source.exists():
        return NullTranslations()
    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return Translations(compiled)
