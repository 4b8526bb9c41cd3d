"""What a rota does to the sessions: for each person and day that it names, it says everything. Pure.

What is so already stays as it is. What somebody else does at the same time in the same session stays too. So the same rota
twice changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise

from booking.importing.clashes import Clash
from booking.rota.rota_names import RotaNames, Worker, WrongName, in_order
from booking.rota.shifts import ENDS, SERVICES, STARTS, Hours, Shift
from core.errors import Reason
from core.wall_clock import dates_between
from locations.bank_holidays import bank_holiday
from locations.importing.difference import Key
from locations.importing.set_up_tables import Edit, Table, fingerprint, things_in
from locations.model import Catalogue, SiteFacts
from locations.school_holidays import school_days_off
from locations.session_board import SessionBoard, SessionOnDay, Stretch
from locations.session_facts import SessionHours
from locations.session_tables import session_of


@dataclass(frozen=True)
class RotaScope:
    """For whom a rota is read: the `sites` that may be changed, the one that is meant where a line names none, and
    whether somebody of the rota does not work on those of its days on which they have no line."""

    sites: frozenset[str]
    own_site: str | None = None
    is_complete: bool = False


@dataclass(frozen=True)
class RotaPlan:
    """The edits that a rota makes, with the fingerprints of what they change, and the line of each new session.

    `as_before` lines say what is so already, `past` are of days that are over, `on_holidays` of days on which the site is
    shut for a bank holiday. `first_day` is the first that it speaks of.
    """

    edits: tuple[Edit, ...]
    seen: Mapping[Key, str]
    lines: Mapping[Key, int]
    shifts: int
    as_before: int
    past: int
    on_holidays: int
    first_day: date | None = None


@dataclass(frozen=True)
class _Line:
    """A line whose names are known."""

    shift: Shift
    site: SiteFacts | None
    workers: tuple[Worker, ...]
    services: tuple[str, ...]


ALL_DAY = Hours(time.min, time.max)
Wanted = dict[tuple[Worker, date], list[_Line]]


class RotaPlanner:
    """The plan of one rota."""

    def __init__(self, tables: Table, catalogue: Catalogue, scope: RotaScope) -> None:
        self._tables, self._catalogue, self._scope = tables, catalogue, scope
        self._names = RotaNames(catalogue, scope.sites, scope.own_site)
        self._lines: dict[Key, int] = {}
        self._changed: set[int] = set()
        self._board = SessionBoard((), date.min, date.min)

    def plan(self, shifts: Sequence[Shift], past: int) -> RotaPlan | list[Clash]:
        """The plan, or everything that stands in its way, by line."""
        lines, clashes = self._named(shifts)
        open_lines = [line for line in lines if not self._is_holiday(line)]
        wanted = self._wanted(open_lines)
        clashes += [clash for some in wanted.values() for clash in _overlaps(some)]
        if clashes or not wanted:
            return sorted(set(clashes)) or self._nothing(past, len(lines))
        days = [day for _, day in wanted]
        sessions = things_in(self._tables)
        off = school_days_off(self._catalogue.authority.school_holidays)
        self._board = SessionBoard(
            ((key.slugs[0], session_of(one.table, off)) for key, one in sessions.items() if key.kind == "session"),
            min(days),
            max(days),
        )
        for (worker, day), some in wanted.items():
            clashes += self._arrange(worker, day, some)
        edits = self._board.edits()
        seen = {edit.key: fingerprint(sessions[edit.key].table if edit.key in sessions else None) for edit in edits}
        as_before = sum(line.shift.line not in self._changed for line in open_lines)
        counts = (len(lines), as_before, past, len(lines) - len(open_lines))
        return sorted(set(clashes)) or RotaPlan(edits, seen, self._lines, *counts, min(days))

    def _nothing(self, past: int, on_holidays: int) -> RotaPlan:
        return RotaPlan((), {}, {}, on_holidays, 0, past, on_holidays)

    def _named(self, shifts: Sequence[Shift]) -> tuple[list[_Line], list[Clash]]:
        lines, clashes = list[_Line](), list[Clash]()
        for shift in shifts:
            try:
                site = self._names.site_of(shift)
                workers = self._names.workers_of(shift, site)
                lines.append(_Line(shift, site, workers, self._names.services_of(shift)))
            except WrongName as wrong:
                clashes.append(Clash(shift.line, wrong.column, wrong.reason))
        return lines, clashes

    def _is_holiday(self, line: _Line) -> bool:
        """Whether the site is shut on the day, for a bank holiday, so that the rota opens nothing."""
        if line.site is None or line.shift.hours is None or not line.site.holidays.closes:
            return False
        return bank_holiday(line.shift.day, line.site.holidays.division) is not None

    def _wanted(self, lines: Sequence[_Line]) -> Wanted:
        """What is said of each worker and day."""
        wanted: Wanted = defaultdict(list)
        for line in lines:
            for worker in line.workers:
                wanted[worker, line.shift.day].append(line)
        if self._scope.is_complete and wanted:
            days = list(dates_between(min(day for _, day in wanted), max(day for _, day in wanted)))
            for worker in dict.fromkeys(worker for worker, _ in wanted):
                for day in days:
                    wanted.setdefault((worker, day), [])
        return wanted

    def _arrange(self, worker: Worker, day: date, lines: Sequence[_Line]) -> Iterator[Clash]:
        """Let the worker do on the day what the lines say, and nothing else."""
        sites = self._scope.sites if worker.site is None else [worker.site]
        held = self._board.held(worker.slug, day, sites)
        missing = []
        for line in lines:
            same = next((one for one in held if _is_same(one, line)), None)
            if same is not None:
                held.remove(same)
            elif line.shift.hours is not None:
                missing.append((line, line.shift.hours))
            elif held:
                self._changed.add(line.shift.line)
        for one in held:
            self._board.take_off(one, day, [worker.slug])
        usual = next((one.hours for one in held if not one.hours.drop_in), None)
        for line, hours in missing:
            yield from self._open(worker, line, hours, usual)
        if worker.site is None:
            yield from self._elsewhere(worker, day, lines)

    def _open(self, worker: Worker, line: _Line, hours: Hours, usual: SessionHours | None) -> Iterator[Clash]:
        """Open a new session; what of the usual one is kept for staff is kept of the new one."""
        self._changed.add(line.shift.line)
        services = line.services or in_order(
            self._catalogue,
            self._board.bookable_services_of(worker.slug, None if worker.site is None else [worker.site]),
        )
        too_long = self._too_long(services, hours)
        services = services if line.services else tuple(slug for slug in services if slug not in too_long)
        if line.services and too_long:
            yield Clash(line.shift.line, ENDS, Reason("rota_too_short", {"services": list(too_long.values())}))
            return
        if not services or line.site is None:
            yield Clash(line.shift.line, SERVICES, Reason("rota_services_missing"))
            return
        own = (usual or SessionHours(*hours)).at(*hours)
        stretch = Stretch(line.site.slug, line.shift.day, own, services)
        place = self._board.open(stretch, [worker.slug])
        self._lines.setdefault(place.key, line.shift.line)

    def _too_long(self, services: Sequence[str], hours: Hours) -> dict[str, str]:
        """Those of the services, with their names, that take longer than these hours are."""
        minutes = (hours.ends.hour - hours.starts.hour) * 60 + hours.ends.minute - hours.starts.minute
        known = (one for one in self._catalogue.services if one.slug in services)
        return {one.slug: one.name for one in known if one.duration_minutes > minutes}

    def _elsewhere(self, worker: Worker, day: date, lines: Sequence[_Line]) -> Iterator[Clash]:
        """The sessions of the worker at sites that may not be changed, where a line has them at the same time."""
        others = [site for site in self._catalogue.sites if site.slug not in self._scope.sites]
        for held in self._board.held(worker.slug, day, [site.slug for site in others]):
            for line in lines:
                hours = line.shift.hours
                if hours and hours.starts < held.hours.ends and held.hours.starts < hours.ends:
                    name = next(site.name for site in others if site.slug == held.place.site)
                    yield Clash(line.shift.line, STARTS, Reason("rota_elsewhere", {"site": name}))


def _is_same(held: SessionOnDay, line: _Line) -> bool:
    """Whether the session is what the line says. A line without services means any."""
    return (
        line.site is not None
        and held.place.site == line.site.slug
        and (held.hours.starts, held.hours.ends) == line.shift.hours
        and (not line.services or set(line.services) == set(held.session.services))
    )


def _overlaps(lines: Sequence[_Line]) -> Iterator[Clash]:
    """What two lines say of one worker at one time, or of a day that another line says is off."""
    shifts = sorted((line.shift for line in lines), key=lambda shift: (shift.hours or ALL_DAY, shift.line))
    for before, after in pairwise(shifts):
        if (after.hours or ALL_DAY).starts < (before.hours or ALL_DAY).ends:
            first, second = sorted((before, after), key=lambda shift: shift.line)
            is_off = first.hours is None or second.hours is None
            yield Clash(
                second.line, STARTS, Reason("rota_off_and_on" if is_off else "rota_overlap", {"line": first.line})
            )
