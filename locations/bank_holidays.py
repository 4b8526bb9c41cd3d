"""Bank holidays by division of the UK, from copies that need no network.

GOV.UK's own list comes first (its copy in `govuk-bank-holidays`). For years that it does not hold, before its first
or after its last, the rules of `holidays` answer; those know no royal occasions that are still to be proclaimed, and
count a holiday that falls on a weekend on its own date as well as on its substitute. Source: https://www.gov.uk/bank-holidays
(Open Government Licence 3.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

import govuk_bank_holidays.bank_holidays

DIVISIONS = {"england-and-wales": "ENG", "scotland": "SCT", "northern-ireland": "NIR"}


def bank_holiday(day: date, division: str) -> str | None:
    """The name of the bank holiday on `day`, or None. Raises: KeyError for an unknown division."""
    published = _published(division)
    known = published if day.year in _published_years(division) else _by_rule(day.year, division)
    return known.get(day)


def published_until(division: str) -> date:
    """The last day of the last year whose bank holidays GOV.UK's copy holds whole. Raises: KeyError."""
    return date(max(_published_years(division)), 12, 31)


@cache
def _published(division: str) -> Mapping[date, str]:
    events = _published_lists()[division]["events"]
    return {date.fromisoformat(event["date"]): event["title"] for event in events}


@cache
def _published_lists() -> Mapping[str, Mapping[str, list[dict[str, str]]]]:
    lists: Mapping[str, Mapping[str, list[dict[str, str]]]] = (
        govuk_bank_holidays.bank_holidays.BankHolidays.load_backup_data()
    )
    return lists


@cache
def _published_years(division: str) -> frozenset[int]:
    """The years held whole: all that have a Christmas."""
    return frozenset(day.year for day in _published(division) if day.month == 12)


@cache
def _by_rule(year: int, division: str) -> Mapping[date, str]:
    import holidays  # slow to import, and needed for far years only

    return dict(holidays.country_holidays("GB", subdiv=DIVISIONS[division], years=year))
