"""Whom somebody manages among the staff of their council: every role, at a site, at another one, and across the council."""

from __future__ import annotations

import pytest

from people.staff.colleague_rules import GIVEN_BY_MANAGERS, reach_of
from people.staff.policy import POLICY, Action, Grant, Role

HILL, MILL = 1, 2
MANAGER_OF_HILL = (Grant(Role.SITE_MANAGER, HILL),)
COUNTER_AT_HILL = Grant(Role.SITE_STAFF, HILL)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("site_id", [HILL, MILL, None])
def test_an_administrator_gives_every_role_and_a_manager_two_at_their_own_site(role: Role, site_id: int | None) -> None:
    assert reach_of((Grant(Role.AUTHORITY_ADMIN),)).may_give(role, site_id)
    assert reach_of(MANAGER_OF_HILL).may_give(role, site_id) is (role in GIVEN_BY_MANAGERS and site_id == HILL)
    assert reach_of((Grant(Role.SITE_MANAGER),)).may_give(role, site_id) is (role in GIVEN_BY_MANAGERS)


@pytest.mark.parametrize("role", [role for role in Role if role not in POLICY[Action.MANAGE_COLLEAGUES]])
def test_whoever_may_not_manage_colleagues_reaches_nobody(role: Role) -> None:
    reach = reach_of((Grant(role), Grant(role, HILL)))
    assert not reach.sees((COUNTER_AT_HILL,))
    assert not reach.manages((COUNTER_AT_HILL,))
    assert not reach.manages(())


def test_a_manager_manages_wholly_whom_no_other_site_shares() -> None:
    """Somebody who gives out an account's password could use all of its roles."""
    reach = reach_of(MANAGER_OF_HILL)
    assert reach.manages((COUNTER_AT_HILL, Grant(Role.ADVISER, HILL)))
    for other in (Grant(Role.SITE_STAFF, MILL), Grant(Role.ADVISER), Grant(Role.TRIAGE_AGENT), *MANAGER_OF_HILL):
        assert reach.sees((COUNTER_AT_HILL, other))
        assert not reach.manages((COUNTER_AT_HILL, other))
        assert not reach.sees((other,))
    assert not reach.manages(())
    assert not reach.sees(())


def test_the_roles_that_are_offered_can_be_given() -> None:
    assert reach_of(MANAGER_OF_HILL).roles() == (Role.ADVISER, Role.SITE_STAFF)
    assert set(reach_of((Grant(Role.AUTHORITY_ADMIN),)).roles()) == set(Role)
