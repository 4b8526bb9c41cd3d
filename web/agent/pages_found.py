"""The sites, services and pages of staff that are called like what somebody looks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from people.staff.policy import Action
from web.account.home import Task, tasks_of, url_or_none
from web.page_context import StaffContext

MOST_SHOWN = 10
WORD = re.compile(r"\w+")


def pages_found(context: StaffContext, text: str) -> tuple[Task, ...]:
    """Those that they may open and whose name has every word of `text`, or begins a word with it; `MOST_SHOWN` at most."""
    wanted = _words(text)
    if not wanted:
        return ()
    named = (task for task in _pages(context) if _has_all(_words(task.text), wanted))
    return tuple(task for task, _ in zip(named, range(MOST_SHOWN), strict=False))


def _pages(context: StaffContext) -> Iterator[Task]:
    sites = [(site.id, site.slug, site.name) for site in context.catalogue.sites]
    for site_id, slug, name in sites:
        href = url_or_none("site.today", site=slug)
        if href and context.staff.may(Action.SEE_DAY_LIST, site_id=site_id):
            yield Task(name, href)
    for service in context.catalogue.services:
        href = url_or_none("resident.service", authority=context.authority.slug, slug=service.slug)
        if href:
            yield Task(service.name, href)
    for group in tasks_of(context.staff, sites):
        yield from group.tasks


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def _has_all(words: Iterable[str], wanted: Iterable[str]) -> bool:
    return all(any(word.startswith(one) for word in words) for one in wanted)
