"""What somebody can do more, and what no more, when their roles change. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from people.staff.policy import POLICY, SITE_SCOPED, Action, Grant, served_sites, sites_for

# What everybody of staff can do says nothing about a role.
_OF_EVERYBODY = frozenset({Action.SEE_STAFF_HOME, Action.MANAGE_OWN_ACCOUNT})
_AT_SERVED_SITES = frozenset({Action.BOOK_FOR_RESIDENT, Action.CHANGE_APPOINTMENT})
_NOWHERE: frozenset[int] = frozenset()
Sites = frozenset[int] | None


@dataclass(frozen=True)
class Ability:
    """Something that somebody can do: at these sites, or (None) for the whole council."""

    action: Action
    sites: Sites


@dataclass(frozen=True)
class RoleEffect:
    """What comes and what goes with a change of roles, in the order of the policy."""

    gained: tuple[Ability, ...]
    lost: tuple[Ability, ...]


def effect_of(before: Iterable[Grant], after: Iterable[Grant], all_sites: frozenset[int]) -> RoleEffect:
    """What changes for somebody whose roles were `before` and are `after`; `all_sites` are those of the council."""
    old, new = tuple(before), tuple(after)
    return RoleEffect(tuple(_only_in(new, old, all_sites)), tuple(_only_in(old, new, all_sites)))


def _only_in(roles: tuple[Grant, ...], others: tuple[Grant, ...], all_sites: frozenset[int]) -> Iterator[Ability]:
    for action in POLICY:
        here, there = _where(roles, action), _where(others, action)
        if action in _OF_EVERYBODY or there is None or here == there:
            continue
        if here is None:
            yield Ability(action, None if not there else all_sites - there)
        elif more := here - there:
            yield Ability(action, more)


def _where(roles: tuple[Grant, ...], action: Action) -> Sites:
    """The sites at which somebody with `roles` may do `action`; None means the whole council."""
    if action in _AT_SERVED_SITES:
        return served_sites(roles)
    if action in SITE_SCOPED or action is Action.MANAGE_COLLEAGUES:
        return sites_for(roles, action)
    return None if any(grant.role in POLICY[action] for grant in roles) else _NOWHERE
