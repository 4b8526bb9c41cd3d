"""W8: what open day lists cost: 200 screens that are told of changes by their process, without asking.

    python -m bench.live_screens [DATABASE_URL]

A gunicorn with one process, 200 streams over ten sites. Its share of one core while nothing happens, and while a colleague
records something every second, without and with what the screens then read.
"""

from __future__ import annotations

import http.client
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter, sleep

from booking.states import State
from booking.use_cases.outcomes import record_outcome
from core.audit import Actor
from core.clock import FixedClock, SystemClock
from core.database import Database, upgrade
from core.runtime import Runtime
from core.settings import Settings
from people.staff.policy import Role
from people.staff.sign_in_sessions import start
from tests.faults.web_process import web_process
from tests.support.council import make_staff
from tests.support.factories import NOW, World, make_appointment, make_world

SITES, SCREENS_OF_SITE, CHANGES = 10, 20, 12
ACTOR = Actor("staff", 1, "Bench")
DAY = f"/staff/sites/high-street/days/{NOW:%Y-%m-%d}"


@dataclass(frozen=True)
class Figures:
    """Shares of one core in per cent, and the milliseconds from a change to the screens that are told of it."""

    idle: float
    told: float
    read: float
    median_told: float
    worst_told: float


class Screen:
    """A browser that follows the day of one site, and reads it again under the mark that it knows."""

    def __init__(self, port: int, site: int, cookie: str) -> None:
        self.site, self._mark = site, ""
        self._headers = {"Cookie": f"front_door_staff={cookie}"}
        self._port, self._stream = port, http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._stream.request("GET", f"{DAY}/changes", headers=self._headers)
        self.answer = self._stream.getresponse()
        self.close = self._stream.close

    def wait_until_told(self) -> None:
        """Read one event."""
        while self.answer.readline().strip() != b"data: changed":
            pass
        self.answer.readline()

    def read(self) -> None:
        """Read the rows, if they have changed."""
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)) as pages:
            pages.request("GET", f"{DAY}/rows", headers=self._headers | {"If-None-Match": self._mark})
            answer = pages.getresponse()
            self._mark = answer.headers["ETag"] or ""
            answer.read()


class Councils:
    """Ten sites with a full day each, and a colleague who records arrivals there."""

    def __init__(self, database: Database) -> None:
        clock = FixedClock(NOW)
        settings = Settings(database_url=database.url, secret_key="bench", is_test=True)
        self._runtime = Runtime(settings, database, clock)
        self.worlds = [make_world(database, slug=f"council-{number}", desks=2) for number in range(SITES)]
        at = [NOW + timedelta(hours=1, minutes=30 * (number // 2)) for number in range(28)]
        self._booked = [[make_appointment(self._runtime, one, when).reference for when in at] for one in self.worlds]
        clock.advance(timedelta(hours=8))

    def record_each_second(self, screens: Sequence[Screen], took: list[float], *, is_read: bool) -> None:
        """Record somebody's arrival a second, until all have been told; `took` gets the milliseconds."""
        for number in range(CHANGES):
            site, began = number % SITES, perf_counter()
            reference = self._booked[site].pop()
            record_outcome(self._runtime, self.worlds[site].authority_id, reference, State.ARRIVED, actor=ACTOR)
            for screen in (one for one in screens if one.site == site):
                screen.wait_until_told()
                took.append((perf_counter() - began) * 1000)
                if is_read:
                    screen.read()
            sleep(max(0.0, 1 - (perf_counter() - began)))


def run(database_url: str) -> Figures:
    """The figures for one database, which is filled for it."""
    upgrade(database_url)
    database = Database(database_url)
    councils = Councils(database)
    cookies = [_sign_in(database, world) for world in councils.worlds]
    took: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        web_process(database_url, Path(folder, "web.log")) as web,
        ExitStack() as left,
    ):
        worker = _only_child(_only_child(os.getpid()))
        screens = [Screen(web.port, site, cookies[site]) for site in range(SITES) for _ in range(SCREENS_OF_SITE)]
        for screen in screens:
            left.callback(screen.close)
            screen.wait_until_told()
            screen.read()
        idle = _share(worker, lambda: sleep(CHANGES))
        told = _share(worker, lambda: councils.record_each_second(screens, took, is_read=False))
        read = _share(worker, lambda: councils.record_each_second(screens, [], is_read=True))
    database.dispose()
    return Figures(idle, told, read, statistics.median(took), max(took))


def _sign_in(database: Database, world: World) -> str:
    """The cookie of a manager there. Twenty screens of one person are allowed."""
    clock = SystemClock()
    member = make_staff(database, FixedClock(clock.now()), world.authority_id, Role.SITE_MANAGER, site_id=world.site_id)
    with database.writing() as db:
        return start(db, member.id, clock.now())


def _only_child(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()[-1])


def _share(pid: int, work: Callable[[], object]) -> float:
    """Which share of one core the process took while `work` was done, in per cent."""
    began, used = perf_counter(), _processor_seconds(pid)
    work()
    return 100 * (_processor_seconds(pid) - used) / (perf_counter() - began)


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str]) -> None:
    """Print the figures of one database."""
    with tempfile.TemporaryDirectory() as folder:
        figures = run(arguments[0] if arguments else f"sqlite:///{folder}/live.sqlite")
    print(
        f"200 screens: {figures.idle:.1f}% of a core while nothing changes, {figures.told:.1f}% with a change a second "
        f"(of which 20 screens are told, in {figures.median_told:.0f} ms, at worst {figures.worst_told:.0f} ms), "
        f"{figures.read:.1f}% with what these read"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
