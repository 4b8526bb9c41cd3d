"""The policy table: every action, every role, at a site and beyond it."""

from __future__ import annotations

import pytest

from people.staff.policy import (
    POLICY,
    SITE_ROLES,
    SITE_SCOPED,
    Action,
    Grant,
    Role,
    contact_channel,
    is_allowed,
    served_sites,
)

HILL, MILL = 1, 2


def test_every_action_has_a_row_that_somebody_may_do():
    assert set(POLICY) == set(Action)
    assert all(POLICY.values())


def test_the_administrator_may_do_everything_everywhere():
    grants = (Grant(Role.AUTHORITY_ADMIN),)
    assert all(is_allowed(grants, action, HILL) for action in Action)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_a_role_across_the_authority_is_good_at_every_site(role: Role, action: Action):
    expected = role in POLICY[action]
    assert is_allowed((Grant(role),), action, HILL) is expected
    assert is_allowed((Grant(role),), action) is expected


@pytest.mark.parametrize("action", sorted(SITE_SCOPED))
@pytest.mark.parametrize("role", sorted(SITE_ROLES))
def test_a_role_at_one_site_is_good_there_only(role: Role, action: Action):
    grants = (Grant(role, site_id=HILL, site_slug="hill"),)
    assert is_allowed(grants, action, HILL) is (role in POLICY[action])
    assert not is_allowed(grants, action, MILL)


def test_roles_at_two_sites_do_not_mix():
    """A manager at Hill who is also staff at Mill manages nothing at Mill."""
    grants = (Grant(Role.SITE_MANAGER, HILL, "hill"), Grant(Role.SITE_STAFF, MILL, "mill"))
    assert is_allowed(grants, Action.MANAGE_CLOSURES, HILL)
    assert not is_allowed(grants, Action.MANAGE_CLOSURES, MILL)


def test_nobody_may_do_nothing():
    assert not any(is_allowed((), action) for action in Action)


def test_advisers_see_no_resident_beyond_their_list():
    assert not is_allowed((Grant(Role.ADVISER),), Action.FIND_RESIDENT)
    assert not is_allowed((Grant(Role.ADVISER),), Action.SEE_RESIDENT)


@pytest.mark.parametrize(
    ("grants", "sites", "channel"),
    [
        ((Grant(Role.SITE_STAFF, HILL),), {HILL}, "counter"),
        ((Grant(Role.SITE_STAFF, HILL), Grant(Role.SITE_STAFF, MILL)), {HILL, MILL}, "counter"),
        ((Grant(Role.SITE_STAFF, HILL), Grant(Role.ADVISER, MILL)), {HILL}, "counter"),
        ((Grant(Role.SITE_STAFF),), None, "counter"),
        ((Grant(Role.SITE_MANAGER, HILL),), {HILL}, "counter"),
        ((Grant(Role.SITE_MANAGER, HILL), Grant(Role.SITE_STAFF, MILL)), {HILL, MILL}, "counter"),
        ((Grant(Role.SITE_MANAGER),), None, "counter"),
        ((Grant(Role.SITE_STAFF, HILL), Grant(Role.TRIAGE_AGENT)), None, "phone"),
        ((Grant(Role.TRIAGE_AGENT),), None, "phone"),
        ((Grant(Role.AUTHORITY_ADMIN),), None, "phone"),
        ((Grant(Role.ADVISER, HILL),), set(), "counter"),
        ((), set(), "counter"),
    ],
)
def test_who_is_of_a_site_serves_there_and_at_the_counter(
    grants: tuple[Grant, ...], sites: set[int] | None, channel: str
):
    assert served_sites(grants) == sites
    assert contact_channel(grants) == channel
