"""The sites, services, pages and settings that are called like what somebody looks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from people.staff.policy import Action
from web.account.home import Task, tasks_of, url_or_none
from web.account.settings_found import Findable, settings_of
from web.page_context import StaffContext

MOST_SHOWN = 10
WORD = re.compile(r"\w+")


def pages_found(context: StaffContext, text: str) -> tuple[Task, ...]:
    """Those that they may open and whose words, or the beginnings of these, have every word of `text`; `MOST_SHOWN` at most.

    Those come first whose name has every word.
    """
    wanted = _words(text)
    if not wanted:
        return ()
    meant = [one for one in _pages(context) if _is_meant(one, wanted)]
    in_order = sorted(meant, key=lambda one: (not _has_all(_words(one.text), wanted), bool(one.whose)))
    return tuple(dict.fromkeys(Task(one.text, one.href) for one in in_order))[:MOST_SHOWN]


def _is_meant(one: Findable, wanted: list[str]) -> bool:
    if one.whose and _has_all(_words(one.whose), wanted):
        return False
    return _has_all(_words(f"{one.text} {one.also}"), wanted)


def _pages(context: StaffContext) -> Iterator[Findable]:
    sites = [(site.id, site.slug, site.name) for site in context.catalogue.sites]
    council = context.authority.slug
    for site_id, slug, name in sites:
        if context.staff.may(Action.SEE_DAY_LIST, site_id=site_id):
            href = url_or_none("site.today", site=slug)
        else:
            href = url_or_none("resident.site", authority=council, slug=slug)
        if href:
            yield Findable(name, href)
    for service in context.catalogue.services:
        href = url_or_none("resident.service", authority=council, slug=service.slug)
        if href:
            yield Findable(service.name, href)
    for group in tasks_of(context.staff, sites):
        for task in group.tasks:
            yield Findable(task.text, task.href, task.hint)
    yield from settings_of(context)


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def _has_all(words: Iterable[str], wanted: Iterable[str]) -> bool:
    return all(any(word.startswith(one) for word in words) for one in wanted)
