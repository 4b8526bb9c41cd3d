"""A council's stored set-up as the tables of its file, without the values that hold when a key is left out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.wall_clock import wall_instant
from locations.importing import paper_fields, toml_fields, triage_fields, value_checks
from locations.importing.difference import DATED, POINT, Key, Kind, SetUp, Values
from locations.importing.parse_sessions import SINCE
from locations.importing.parse_statements import ACCESSIBILITY, KEEP_DAYS, PRIVACY
from locations.importing.recurrence_rules import weekdays_of
from locations.importing.set_up_tables import plain
from locations.importing.toml_fields import Fields
from locations.postcodes import point_of
from locations.session_facts import FROM_FILE, FROM_OUTSIDE


def file_tables(set_up: SetUp) -> dict[str, Any]:
    """The tables with text for dates and times, without the closures that somebody made outside the file.

    The file never changes those, and whoever made one may have begun it at any minute.
    """
    of_file = {
        key: values
        for key, values in set_up.items()
        if key.kind != "closure" or values.get("source", FROM_FILE) == FROM_FILE
    }
    tables: dict[str, Any] = plain(council_file(of_file))
    return tables


def council_file(set_up: SetUp) -> dict[str, Any]:
    """The tables that describe this set-up, each list in the order of its rows."""
    (council,) = (values for _, values in _of_kind(set_up, "council"))
    at_sites = _by_site(set_up)
    tables = {
        "authority": _own(toml_fields.AUTHORITY, council) | _council_lists(council),
        "privacy": _privacy(council["privacy"]),
        "accessibility": _own(ACCESSIBILITY, council["accessibility"]),
        "wards": [_own(toml_fields.WARD, values) for _, values in _of_kind(set_up, "ward")],
        "services": [_service(values) for _, values in _of_kind(set_up, "service")],
        "people": [_own(toml_fields.PERSON, values) for _, values in _of_kind(set_up, "person")],
        "sites": [
            _site(at_sites.get(key.slugs[0], {}), key.slugs[0], values, council["zone"])
            for key, values in _of_kind(set_up, "site")
        ],
        "travel": [
            dict(zip(("from", "to"), key.slugs, strict=True)) | {"minutes": values["minutes"]}
            for key, values in _of_kind(set_up, "travel time")
        ],
        "closures": _closures(set_up, None, council["zone"]),
        "triages": [_triage(values) for _, values in _of_kind(set_up, "triage")],
    }
    return {name: value for name, value in tables.items() if value}


def _of_kind(set_up: SetUp, kind: Kind) -> Iterator[tuple[Key, Values]]:
    return ((key, values) for key, values in set_up.items() if key.kind == kind)


def _own(fields: Fields, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of these keys, but for those that hold when the key is left out."""
    own: dict[str, Any] = {}
    for name, field in fields.items():
        value = _plain(values.get(name))
        if value is None or (value == _plain(field.default) and not field.required):
            continue
        is_day = field.check is value_checks.day and isinstance(value, str)
        if not is_day:
            own[name] = value
        elif value:
            own[name] = value_checks.day(value)
    return own


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _council_lists(council: Values) -> dict[str, Any]:
    holidays = [_own(toml_fields.SCHOOL_HOLIDAY, one) for one in council["school_holidays"]]
    lists = {"reminder_plan": _reminders(council["reminder_plan"])}
    channels = [_own(toml_fields.MESSAGE_CHANNEL, one) for one in council["message_channels"]]
    lists |= {"school_holidays": holidays} if holidays else {}
    return lists | ({"message_channels": channels} if channels else {})


def _reminders(plan: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [_own(toml_fields.REMINDER, reminder) for reminder in plan]


def _privacy(values: Mapping[str, Any]) -> dict[str, Any]:
    keep_days = _own(KEEP_DAYS, values.get("keep_days", {}))
    return _own(PRIVACY, values) | ({"keep_days": keep_days} if keep_days else {})


def _service(values: Values) -> dict[str, Any]:
    service = _own(toml_fields.SERVICE, values)
    if values["documents_by_case"]:
        service["documents_by_case"] = [_own(toml_fields.DOCUMENT_CASE, one) for one in values["documents_by_case"]]
    if values["documents_by_rule"]:
        service["documents_by_rule"] = [_own(paper_fields.PAPER, one) for one in values["documents_by_rule"]]
    if values["triage_questions"]:
        service["triage_questions"] = [_own(toml_fields.QUESTION, one) for one in values["triage_questions"]]
    service["requirements"] = [_own(toml_fields.REQUIREMENT, need) for need in values["requirements"]]
    if values["reminder_plan"] is not None:
        service["reminder_plan"] = _reminders(values["reminder_plan"])
    return service


def _triage(values: Values) -> dict[str, Any]:
    triage = _own(toml_fields.TRIAGE, values)
    triage["questions"] = [
        _own(triage_fields.QUESTION, one) | {"answers": [_own(triage_fields.ANSWER, each) for each in one["answers"]]}
        for one in values["questions"]
    ]
    triage["outcomes"] = [_own(triage_fields.OUTCOME, one) for one in values["outcomes"]]
    return triage


def _by_site(set_up: SetUp) -> Mapping[str, SetUp]:
    """What belongs to each site, by the site's slug."""
    parts: dict[str, dict[Key, Values]] = {}
    for key, values in set_up.items():
        slug = (
            values["site"] if key.kind == "closure" else key.slugs[0] if key.kind in ("resource", "session") else None
        )
        if slug is not None:
            parts.setdefault(slug, {})[key] = values
    return parts


def _site(its_own: SetUp, slug: str, values: Values, zone: str) -> dict[str, Any]:
    site = _own(toml_fields.SITE, values)
    if tuple(values[axis] for axis in POINT) == point_of(values["postcode"]):
        site = {name: value for name, value in site.items() if name not in POINT}
    site["resources"] = [_own(toml_fields.RESOURCE, one) for _, one in _of_kind(its_own, "resource")]
    site["sessions"] = [_session(one, is_dated=key.slugs[1] == DATED) for key, one in _of_kind(its_own, "session")]
    return site | {"closures": _closures(its_own, slug, zone)}


def _session(values: Values, *, is_dated: bool) -> dict[str, Any]:
    opened = {"resources": [key.slugs[-1] for key in values["resources"]], "services": list(values["services"])}
    session = _own(toml_fields.SESSION, {**values, **opened, **({} if is_dated else _recurring(values))})
    if values["releases"]:
        session["releases"] = [_own(toml_fields.RELEASE, one) for one in values["releases"]]
    if not is_dated:
        session["exceptions"] = [
            _own(toml_fields.EXCEPTION, {"date": day, "starts": one.starts, "ends": one.ends, "reason": one.reason})
            for day, one in sorted(values["exceptions"].items())
        ]
    return session


def _recurring(values: Values) -> dict[str, Any]:
    """Weekday words where the rule is one of those, which need no first date."""
    days = weekdays_of(values["rrule"])
    if days is None:
        return {}
    return {"rrule": None, "days": days, "first_date": None if values["first_date"] == SINCE else values["first_date"]}


def _closures(set_up: SetUp, site: str | None, zone: str) -> list[dict[str, Any]]:
    of_place = (values for _, values in _of_kind(set_up, "closure") if values["site"] == site)
    closures = (values for values in of_place if values.get("source") != FROM_OUTSIDE)  # of a calendar, which has them
    return [_closure(values, zone) for values in closures]


def _closure(values: Values, zone: str) -> dict[str, Any]:
    resource = values["resource"].slugs[-1] if values["resource"] else None
    period = _days(values["starts_at"], values["ends_at"], zone) or {
        "starts_at": _moment(values["starts_at"], zone),
        "ends_at": _moment(values["ends_at"], zone),
    }
    same = ("slug", "service", "topic", "mode", "reason")
    known = {name: values[name] for name in same} | {"resource": resource}
    return _own(toml_fields.CLOSURE, known | period)


def _days(starts_at: datetime, ends_at: datetime, zone: str) -> dict[str, date | None] | None:
    """The first and last dates of a period of whole days, or None for any other."""
    first, end = (at.astimezone(ZoneInfo(zone)).date() for at in (starts_at, ends_at))
    if (starts_at, ends_at) != (wall_instant(first, time.min, zone), wall_instant(end, time.min, zone)):
        return None
    last = end - timedelta(days=1)
    return {"first_date": first, "last_date": None if last == first else last}


def _moment(at: datetime, zone: str) -> datetime:
    """The moment on the site's clock; with its offset where the clock shows it twice."""
    local = at.astimezone(ZoneInfo(zone))
    wall = local.replace(tzinfo=None, fold=0)
    return wall if wall_instant(wall.date(), wall.time(), zone) == at else local
