"""What a change of roles gives and takes away agrees with what the policy then allows, action by action, site by site."""

from __future__ import annotations

from itertools import combinations

import pytest

from people.staff.policy import POLICY, SITE_ROLES, SITE_SCOPED, Action, Grant, Role, is_allowed
from people.staff.role_effects import Ability, effect_of

SITES = frozenset({1, 2})
GRANTS = [
    *(Grant(role) for role in Role),
    *(Grant(role, site_id) for role in sorted(SITE_ROLES) for site_id in sorted(SITES)),
]
HELD = [(), *((one,) for one in GRANTS), *combinations(GRANTS, 2)]


def abilities(roles: tuple[Grant, ...]) -> set[tuple[Action, int]]:
    return {(action, site) for action in SITE_SCOPED for site in SITES if is_allowed(roles, action, site)}


def flat(found: tuple[Ability, ...]) -> set[tuple[Action, int]]:
    return {
        (one.action, site)
        for one in found
        if one.action in SITE_SCOPED
        for site in (one.sites or SITES)
        if site in SITES
    }


@pytest.mark.parametrize("before", HELD, ids=str)
def test_what_is_gained_and_lost_is_the_difference(before: tuple[Grant, ...]) -> None:
    for grant in GRANTS:
        effect = effect_of(before, (*before, grant), SITES)
        old, new = abilities(before), abilities((*before, grant))
        assert flat(effect.gained) >= new - old
        assert effect.lost == ()
        back = effect_of((*before, grant), before, SITES)
        assert back.lost == effect.gained
        plain = {one.action for one in effect.gained} - SITE_SCOPED
        assert {action for action in set(POLICY) - SITE_SCOPED if is_allowed((grant,), action)} >= plain


def test_what_is_had_already_is_not_gained() -> None:
    everywhere = (Grant(Role.SITE_STAFF),)
    assert effect_of(everywhere, (*everywhere, Grant(Role.ADVISER, 1)), SITES).gained == ()
    at_one = effect_of((Grant(Role.ADVISER, 1),), (Grant(Role.ADVISER, 1), Grant(Role.ADVISER)), SITES)
    assert {one.sites for one in at_one.gained} == {frozenset({2})}
