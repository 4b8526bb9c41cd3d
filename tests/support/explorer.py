"""Finds every form of the pages by itself: follows links, sends forms with values that work, and lets time pass.

Each form is found in a moment (what the database holds, the browser's cookies, the time), to which one can go back, so
that it can be sent as often as one likes as if for the first time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urljoin, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from core.clock import FixedClock
from core.database import Database
from tests.support.loading import Rows
from tests.support.pages import Form, Page, check_page
from tests.support.snapshots import Restore, Snapshots

Kind = tuple[str, ...]
"""Where a form goes, and the names of its fields."""

Known = Mapping[str, str | Callable[[], str]]
"""What no page shows, by the names of fields."""

NOTHING: Mapping[str, Any] = {}
OURS = {"csrf_token"}  # refused by the guard before any view runs
# What a field takes whose name ends so, where the form does not have a value already.
VALUES_THAT_WORK = {
    "name": "Robin Sample",
    "surname": "Yusuf",
    "email": "robin@example.org",
    "new_email": "robin@example.org",
    "phone": "07700 900123",
    "postcode": "N12 0GA",
    "near": "N12 0GA",
    "q": "Norbert",
    "reason": "Ill",
    "date_of_birth": "14 March 1970",
    "safe_hours": "10:00-12:00",
    "from_day": "2026-12-03",
    "from_time": "09:00",
    "to_time": "17:00",
    "until": "2026-11-30",
    "until_day": "2026-12-03",
    "until_time": "17:00",
}
# How many of what looks alike are tried: choices of one field, links with the same parameters, pages with the same forms,
# and sendings of one form with the same choice. An address to which every page has a link is opened so often, after
# something else has happened each time.
CHOICES_TRIED, LINKS_TRIED, PAGES_TRIED, SENDINGS_TRIED = 6, 1, 2, 1
ADDRESS_TRIED = 6
PATIENCE = timedelta(minutes=20)  # longer than any time is held


def parameters_of(path: str) -> list[str]:
    """The names in the query of an address."""
    return sorted({name for name, _ in parse_qsl(urlsplit(path).query, keep_blank_values=True)})


@dataclass(frozen=True)
class Moment:
    """A state of the world to go back to."""

    restore: Restore
    cookies: Mapping[Any, Any]
    instant: datetime


@dataclass(frozen=True)
class FoundForm:
    """A form filled in so that it works, and where and when it was found."""

    kind: Kind
    form: Form
    moment: Moment
    page: str
    is_own: bool  # it goes where the form itself goes, not where one of its buttons sends the same fields

    @property
    def is_shared(self) -> bool:
        """Whether several buttons send the same fields to different places."""
        return bool(self.form.other_actions)

    @property
    def names(self) -> list[str]:
        """The fields that the form could send."""
        found = dict.fromkeys([*self.form.fields, *sorted(self.form.typed), *(name for name, _ in self.form.buttons)])
        return [name for name in found if name not in OURS]


@dataclass
class Found:
    """The forms by kind, and addresses that answered, by endpoint and the names of their parameters."""

    forms: dict[Kind, FoundForm] = field(default_factory=dict)
    addresses: dict[Kind, tuple[str, Moment]] = field(default_factory=dict)

    def questions(self) -> Iterator[FoundForm]:
        """Each address with a query, as a form that asks for it."""
        for kind, (address, moment) in self.addresses.items():
            asked = parse_qs(urlsplit(address).query, keep_blank_values=True)
            form = Form(urlsplit(address).path, "get", fields=asked)
            if kind[0] and form.fields:
                yield FoundForm(kind, form, moment, address, is_own=True)


class TimeMachine:
    """A browser of an application whose database, cookies and clock can be set back."""

    def __init__(self, app: Flask, database: Database, clock: FixedClock) -> None:
        self.app, self.database, self.clock = app, database, clock
        self.client = app.test_client()
        self._snapshots = Snapshots(database)
        self._now: tuple[Moment, object] | None = None

    def close(self) -> None:
        """Close the connections to the database."""
        self._snapshots.close()
        self.database.dispose()

    def keep(self) -> Moment:
        """The world as it is now."""
        moment = Moment(self._snapshots.keep(), dict(self.client._cookies or {}), self.clock.now())
        self._now = moment, self._snapshots.version()
        return moment

    def go_back(self, moment: Moment) -> None:
        """Make the world again what it was; nothing is written where nothing was written since."""
        if self._now is None or self._now[0] is not moment or self._now[1] != self._snapshots.version():
            moment.restore()
        self._now = moment, self._snapshots.version()
        self.client._cookies = dict(moment.cookies)
        self.clock.instant = moment.instant

    def rows(self) -> Rows:
        """What the database holds now."""
        return self._snapshots.rows()

    def adopt(self, moment: Moment, origin: TimeMachine) -> Moment:
        """A moment of another database, as one of this."""
        origin.go_back(moment)
        copy = replace(moment, restore=self._snapshots.copy(origin.rows()))
        self.go_back(copy)
        return copy

    def send(self, form: Form, values: Mapping[str, Any]) -> TestResponse:
        """The answer to the form with these values, sent on as a browser does where the first answer says so."""
        if form.method == "get":
            return self.client.get(form.action, query_string=values)
        answer = self.client.post(form.action, data=values)
        return self.client.post(answer.location, data=values) if answer.status_code == 307 else answer


class Explorer(TimeMachine):
    """Looks at every page, with `known` values for what no page shows; one that changes is asked for when it is needed.

    `subjects` are parameters that make of an address two pages, although what stands on them is alike. Of the forms at
    `from_rules` every button is tried once, whatever other fields there are, and not every choice: they are made of rules
    that have tests of their own. `instead` has, by endpoint, what works in fields that come filled with what does not.
    """

    def __init__(
        self,
        app: Flask,
        database: Database,
        clock: FixedClock,
        known: Known,
        subjects: Collection[str] = (),
        from_rules: Collection[str] = (),
        instead: Mapping[str, Mapping[str, str]] = NOTHING,
    ) -> None:
        super().__init__(app, database, clock)
        self._subjects, self._from_rules, self._instead = subjects, from_rules, instead
        self._values: dict[str, str | Callable[[], str]] = {**VALUES_THAT_WORK, **known}
        self.found = Found()
        self._waiting: list[tuple[Moment, str]] = []
        self._tried: Counter[tuple[str, ...]] = Counter()

    def endpoint_of(self, path: str, method: str = "GET") -> str:
        """The endpoint that answers this address; empty when none does."""
        try:
            return str(self.app.url_map.bind("localhost").match(urlsplit(path).path, method=method.upper())[0])
        except HTTPException:
            return ""

    def explore(self, *starts: str) -> Found:
        """Everything that can be reached from these pages."""
        begin = self.keep()
        self._waiting = [(begin, start) for start in starts]
        while self._waiting:
            moment, path = self._waiting.pop(0)
            self.go_back(moment)
            self._look(path, self.client.get(path))
        return self.found

    def _look(self, path: str, answer: TestResponse) -> None:
        """Note what the page has, and try all that it offers which was not tried before."""
        if answer.location:
            path = urljoin(path, answer.location)
            self._look(path, self.client.get(path))
            return
        if answer.mimetype != "text/html" or answer.status_code not in (200, 409, 410):
            return
        page, moment = check_page(answer.text), self.keep()
        self.found.addresses.setdefault((self.endpoint_of(path), *parameters_of(path)), (path, moment))
        forms = list(self._forms(page, path))
        subject = [name for name in parameters_of(path) if name in self._subjects]
        shown = (self.endpoint_of(path), *subject, *sorted({" ".join(kind) for kind, _, _ in forms}))
        for kind, form, is_own in forms:
            self.found.forms.setdefault(kind, FoundForm(kind, form, moment, path, is_own))
        self._follow(shown, page, path, moment)
        if not self._is_new(PAGES_TRIED, *shown):
            return
        for kind, form, _ in forms:
            is_of_rules = kind[0] in self._from_rules
            for values in self._ways(form, with_choices=not is_of_rules):
                chosen = self._choice(replace(form, choices={}) if is_of_rules else form, values)
                choice = (*(kind[:1] if is_of_rules else kind), *subject, *chosen)
                if self._is_new(1, *shown, *choice) and self._is_new(SENDINGS_TRIED, *choice):
                    self.go_back(moment)
                    self._look(form.action, self.send(form, values))
        if self._is_new(1, "later", *shown) and self.endpoint_of(path):
            self._waiting.append((replace(moment, instant=moment.instant + PATIENCE), path))

    def _follow(self, shown: Kind, page: Page, path: str, moment: Moment) -> None:
        for _, href in page.links:
            address = urljoin(path, href).partition("#")[0]
            parts = urlsplit(address)
            endpoint = self.endpoint_of(address) if not parts.netloc else ""
            if endpoint and (
                self._is_new(LINKS_TRIED, "link", endpoint, *parameters_of(address))
                | (self._is_new(1, "link", *shown, endpoint) and self._is_new(ADDRESS_TRIED, "address", address))
            ):
                self._waiting.append((moment, address))

    def _is_new(self, often: int, *what: str) -> bool:
        self._tried[what] += 1
        return self._tried[what] <= often

    def _forms(self, page: Page, path: str) -> Iterator[tuple[Kind, Form, bool]]:
        """Each form of the page, filled in, once for each address that it may go to, and whether that is its own."""
        for form in (one for one in page.forms if not one.is_hidden):
            actions = dict.fromkeys([form.action, *form.other_actions])
            pressed = list(zip(form.buttons, form.button_actions, strict=True))
            for action in actions:
                others = [other for other in actions if other != action]
                address = urljoin(path, action)
                kind = (self.endpoint_of(address, form.method), *sorted({*form.fields, *form.typed}))
                buttons = [button for button, goes_to in pressed if goes_to == action]
                form_there = replace(form, buttons=buttons, button_actions=[action] * len(buttons))
                instead = self._instead.get(kind[0], NOTHING)
                fields = self._filled(form_there, searches=action != form.action)
                fields |= {name: [value] for name, value in instead.items() if name in form.typed}
                filled = replace(form_there, action=address, other_actions=others, fields=fields)
                yield kind, filled, action == form.action

    def _filled(self, form: Form, *, searches: bool) -> dict[str, list[str]]:
        """What the form sends when its first button is pressed, with a value that works in each empty field.

        A search box beside the fields of a form stays empty where the form itself goes: who fills it, searches.
        """
        empty = (
            [] if searches or form.method == "get" else [name for name in form.typed if form.kinds[name] == "search"]
        )
        fields = dict(form.fields) | {name: [value] for name, value in form.buttons[:1]}
        for name in form.typed:
            if any(fields.get(name, ())) or (name in empty and len(form.typed) > 1):
                continue
            if name in form.choices:
                fields |= self._chosen(form, name)
            else:
                ending = name.replace("-", "_").rpartition("_")[2]
                value = self._values[name] if name in self._values else self._values.get(ending, "Something")
                fields[name] = [value if isinstance(value, str) else value()]
        return fields

    def _chosen(self, form: Form, name: str) -> dict[str, list[str]]:
        """The choice that works, the first one where any does; no box is ticked that need not be."""
        wanted = self._values.get(name)
        if wanted in form.choices[name]:
            return {name: [str(wanted)]}
        is_free = form.kinds[name] == "checkbox"
        return {} if is_free else {name: [value for value in form.choices[name] if value][:1]}

    def _ways(self, form: Form, *, with_choices: bool) -> Iterator[dict[str, list[str]]]:
        """What somebody could send: each button, and each of what is to be chosen."""
        for name, value in form.buttons:
            yield {**form.fields, name: [value]}
        if not form.buttons:
            yield form.fields
        for name, choices in form.choices.items() if with_choices else ():
            for value in choices:
                yield {**form.fields, name: [value]}

    @staticmethod
    def _choice(form: Form, values: Mapping[str, list[str]]) -> Iterator[str]:
        """What tells this way of sending from others; of a button with many values, only its name."""
        count = Counter(name for name, _ in form.buttons)
        count.update({name: len(choices) for name, choices in form.choices.items()})
        many = {name for name, choices in count.items() if choices > CHOICES_TRIED}
        for name in sorted(values.keys() & count.keys()):
            yield name if name in many else f"{name}={values[name]}"
