"""Who may do what: one table, (role, action) -> allowed, scoped by authority and, where it says so, by site.

A member of staff belongs to exactly one authority, so nothing here reaches over to another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What somebody is to an authority, or to one of its sites."""

    TRIAGE_AGENT = "triage_agent"
    ADVISER = "adviser"
    SITE_STAFF = "site_staff"
    SITE_MANAGER = "site_manager"
    AUTHORITY_ADMIN = "authority_admin"


class Action(StrEnum):
    """What can be done on the staff's side."""

    SEE_STAFF_HOME = "see_staff_home"
    MANAGE_OWN_ACCOUNT = "manage_own_account"
    MANAGE_COLLEAGUES = "manage_colleagues"
    MANAGE_API_KEYS = "manage_api_keys"
    SEE_STAFF_RECORD = "see_staff_record"
    DEMAND_SECOND_STEP = "demand_second_step"
    FIND_RESIDENT = "find_resident"
    SEE_RESIDENT = "see_resident"
    BOOK_FOR_RESIDENT = "book_for_resident"
    CHANGE_APPOINTMENT = "change_appointment"
    MERGE_RESIDENTS = "merge_residents"
    KEEP_REGISTER = "keep_register"
    INVITE = "invite"
    SEE_DAY_LIST = "see_day_list"
    RECORD_OUTCOME = "record_outcome"
    TAKE_WALK_IN = "take_walk_in"
    HANDLE_DOCUMENTS = "handle_documents"
    END_WITHOUT_VISIT = "end_without_visit"
    VERIFY_RECEIPT = "verify_receipt"
    ARRANGE_NEED = "arrange_need"
    CHANGE_RESOURCES = "change_resources"
    EXPORT_DAY_LIST = "export_day_list"
    MANAGE_FEEDS = "manage_feeds"
    MANAGE_CLOSURES = "manage_closures"
    PAUSE_MESSAGES = "pause_messages"
    RING_PEOPLE = "ring_people"
    MANAGE_SESSIONS = "manage_sessions"
    MANAGE_RESOURCES = "manage_resources"
    MANAGE_SET_UP = "manage_set_up"


class Scope(StrEnum):
    """What an API key may do."""

    READ = "read"
    BOOK = "book"
    MANAGE = "manage"
    CALLERS = "callers"
    VISITS = "visits"
    RECEIPTS = "receipts"


_AGENTS = frozenset({Role.TRIAGE_AGENT, Role.SITE_MANAGER, Role.AUTHORITY_ADMIN})
_AT_A_SITE = frozenset({Role.ADVISER, Role.SITE_STAFF, Role.SITE_MANAGER, Role.AUTHORITY_ADMIN})
_MANAGERS = frozenset({Role.SITE_MANAGER, Role.AUTHORITY_ADMIN})
_ADMINS = frozenset({Role.AUTHORITY_ADMIN})
_ON_THE_TELEPHONE = frozenset({Role.TRIAGE_AGENT, Role.AUTHORITY_ADMIN})
_WHO_SERVE = _AGENTS | {Role.SITE_STAFF}

POLICY: Mapping[Action, frozenset[Role]] = MappingProxyType(
    {
        Action.SEE_STAFF_HOME: frozenset(Role),
        Action.MANAGE_OWN_ACCOUNT: frozenset(Role),
        Action.MANAGE_COLLEAGUES: _MANAGERS,  # each their own: people/staff/colleague_rules.py
        Action.MANAGE_API_KEYS: _ADMINS,
        Action.SEE_STAFF_RECORD: _ADMINS,
        Action.DEMAND_SECOND_STEP: _ADMINS,
        Action.FIND_RESIDENT: _WHO_SERVE,
        Action.SEE_RESIDENT: _WHO_SERVE,
        Action.BOOK_FOR_RESIDENT: _WHO_SERVE,
        Action.CHANGE_APPOINTMENT: _WHO_SERVE,
        Action.MERGE_RESIDENTS: _AGENTS,  # of the whole council: people come to several sites
        Action.KEEP_REGISTER: _AGENTS,
        Action.INVITE: _AGENTS,  # managers of a site to their sites: booking/use_cases/invite.py
        Action.SEE_DAY_LIST: _AT_A_SITE,
        Action.RECORD_OUTCOME: _AT_A_SITE,  # and book, by one click at the desk, what follows from a visit there
        Action.TAKE_WALK_IN: _AT_A_SITE - {Role.ADVISER},
        Action.HANDLE_DOCUMENTS: _AT_A_SITE,
        Action.END_WITHOUT_VISIT: _AT_A_SITE - {Role.ADVISER},  # it cancels a visit, which they can take back
        Action.VERIFY_RECEIPT: frozenset(Role),  # of the whole council: another library is asked too
        Action.ARRANGE_NEED: _AT_A_SITE - {Role.ADVISER},
        Action.CHANGE_RESOURCES: _AT_A_SITE - {Role.ADVISER},
        Action.EXPORT_DAY_LIST: _AT_A_SITE - {Role.ADVISER},
        Action.MANAGE_FEEDS: _MANAGERS,
        Action.MANAGE_CLOSURES: _MANAGERS,
        Action.PAUSE_MESSAGES: _MANAGERS,  # of the whole council: a channel out of order concerns every site
        Action.RING_PEOPLE: _AGENTS,
        Action.MANAGE_SESSIONS: _MANAGERS,
        Action.MANAGE_RESOURCES: _MANAGERS,
        Action.MANAGE_SET_UP: frozenset({Role.AUTHORITY_ADMIN}),
    }
)

# These happen at one site: a role that is held at a site counts there only.
SITE_SCOPED: frozenset[Action] = frozenset(
    {
        Action.SEE_DAY_LIST,
        Action.RECORD_OUTCOME,
        Action.TAKE_WALK_IN,
        Action.HANDLE_DOCUMENTS,
        Action.END_WITHOUT_VISIT,
        Action.ARRANGE_NEED,
        Action.CHANGE_RESOURCES,
        Action.EXPORT_DAY_LIST,
        Action.MANAGE_FEEDS,
        Action.MANAGE_CLOSURES,
        Action.RING_PEOPLE,
        Action.MANAGE_SESSIONS,
        Action.MANAGE_RESOURCES,
    }
)

# Roles that may be held at one site; the others always cover the whole authority.
SITE_ROLES: frozenset[Role] = frozenset({Role.ADVISER, Role.SITE_STAFF, Role.SITE_MANAGER})


@dataclass(frozen=True)
class Grant:
    """A role that somebody holds: at one site, or (no site) across the authority."""

    role: Role
    site_id: int | None = None
    site_slug: str = ""
    site_name: str = ""


def is_allowed(roles: Iterable[Grant], action: Action, site_id: int | None = None) -> bool:
    """Whether somebody with `roles` may do `action`; for a site-scoped one at `site_id`, or without it at any site."""
    permitted = POLICY[action]
    held = (grant for grant in roles if grant.role in permitted)
    if action not in SITE_SCOPED or site_id is None:
        return any(True for _ in held)
    return any(grant.site_id in (None, site_id) for grant in held)


def served_sites(roles: Iterable[Grant]) -> frozenset[int] | None:
    """The ids of the sites at which somebody with `roles` may book and change appointments; None means all.

    Who is of one site serves there alone, managers too. Agents and administrators do so for all sites.
    """
    return sites_for(roles, Action.CHANGE_APPOINTMENT)


def sites_for(roles: Iterable[Grant], action: Action) -> frozenset[int] | None:
    """The ids of the sites at which somebody with `roles` may do `action`; None means all, and the council as a whole."""
    held = [grant.site_id for grant in roles if grant.role in POLICY[action]]
    return None if None in held else frozenset(site_id for site_id in held if site_id is not None)


def contact_channel(roles: Iterable[Grant]) -> str:
    """How residents reach somebody with `roles`: on the telephone, or at a site's counter."""
    return "phone" if any(grant.role in _ON_THE_TELEPHONE for grant in roles) else "counter"
