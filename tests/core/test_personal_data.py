"""Anonymisation walks the marks on columns, so that each column with words about somebody must have one."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import JSON, Column, LargeBinary, String, Table, Text

import wsgi  # noqa: F401 (importing it maps every table)
from core.audit import AuditEntry
from core.database import Base, table_of
from core.personal_data import KEPT_DAYS, personal

ABOUT_SOMEBODY = {"residents", "appointments", "representatives", "notifications"}
SHORTEST_WORDS = 40  # a column of this length takes a name, or what leads to somebody elsewhere
# The content of these is ours: tokens, codes, ids and the names of staff.
NOT_PERSONAL = {
    "site_messages.sent_by",
    "appointments.manage_digest",
    "appointments.manage_nonce",
    "appointments.room",
    "appointments.slot_token",
    "appointments.unanswered_calls",  # instants
    "audit_entries.action",
    "audit_entries.actor_name",
    "audit_entries.facts",
    "audit_entries.mark",
    "audit_entries.reason_digest",
    "audit_entries.removal_mark",
    "audit_entries.subject_kind",
    "calls.hold_nonce",
    "calls.slot_token",
    "certified_copies.code_digest",
    "certified_copies.document",  # what it is, without a name: whoever has the code may read it
    "certified_copies.sha256",
    "delivery_attempts.provider_reference",
    "delivery_attempts.worker",
    "first_contacts.taken_by",
    "inbound_texts.choices",
    "inbound_texts.provider_id",
    "invitations.link_digest",
    "invitations.site_ids",
    "mandates.basis",
    "mandates.powers",
    "named_advisers.link_nonce",
    "notifications.instead_of",
    "proposals.hold_nonce",
    "proposals.passed",
    "proposals.slot_token",
    "representatives.basis",
    "resident_feeds.token_digest",
    "resident_merges.moved",
    "resident_views.facts",
    "resident_views.purpose",
    "wishes.link_digest",
    "wishes.numbers",
    "wishes.origin",
    "wishes.service_ids",
    "wishes.site_ids",
    "wishes.weekdays",
}
# The other tables, by why nothing in them has a class: a new table is put where it belongs, or the test says so.
DELETED_WHEN_EXPIRED = {
    "browser_states",  # with what somebody types, for two days at most
    "holds",
    "idempotency_records",
    "link_requests",
    "password_requests",
    "rate_limit_hits",
    "staff_mails",
    "staff_password_links",
    "staff_sessions",
    "urgent_alerts",
    "invitation_mails",
    "call_texts",
    "wish_mails",
}
OF_STAFF = {
    "api_keys",
    "calendar_feeds",
    "outside_calendars",
    "webhooks",
    "recovery_codes",
    "second_steps",
    "staff_advisers",
    "staff_members",
    "staff_roles",
}  # for as long as the audit names them
OF_SERVICE = (
    {"audit_lanes", "channel_pauses", "claims", "council_pauses", "heartbeats", "key_paces"}
    | {
        "cohorts",  # who is on them stands with each invitation
        "counted_searches",
        "desk_sittings",
        "document_batches",
        "batch_notices",
        "missing_document_counts",
        "promise_days",
        "visit_ratings",  # about nobody; what people write in them has a class
    }
    | {
        "second_step_demands",
        "reminder_trials",
    }
)
OF_COUNCIL_FILE = {
    "authorities",
    "closures",
    "dated_sessions",
    "resources",
    "services",
    "session_exceptions",
    "session_resources",
    "session_services",
    "session_templates",
    "set_up_changes",  # what stood in the file before and after
    "sites",
    "travel_times",
    "wards",
    "triages",
}


def refers_to_somebody(table: Table) -> bool:
    """Whether rows of `table` are about a resident."""
    others = {key.column.table.name for key in table.foreign_keys}
    return table.name in ABOUT_SOMEBODY or bool(others & ABOUT_SOMEBODY) or table is table_of(AuditEntry)


def takes_words(column: Column[object]) -> bool:
    """Whether a sentence fits into `column`."""
    kind = column.type
    is_long = isinstance(kind, String) and kind.length is not None and kind.length >= SHORTEST_WORDS
    return is_long or isinstance(kind, Text | JSON | LargeBinary)


def test_every_column_with_words_about_somebody_says_what_class_they_are() -> None:
    tables = [table for table in Base.metadata.sorted_tables if refers_to_somebody(table)]
    columns = [column for table in tables for column in table.columns if takes_words(column)]
    unmarked = {f"{column.table.name}.{column.name}" for column in columns if "personal" not in column.info}
    assert unmarked == NOT_PERSONAL
    assert len(columns) > len(unmarked)


def test_every_table_is_about_somebody_or_says_why_not() -> None:
    about_somebody = {table.name for table in Base.metadata.sorted_tables if refers_to_somebody(table)}
    kinds = (about_somebody, DELETED_WHEN_EXPIRED, OF_STAFF, OF_SERVICE, OF_COUNCIL_FILE)
    counted = Counter(name for kind in kinds for name in kind)
    assert counted == Counter(table.name for table in Base.metadata.sorted_tables)


@pytest.mark.parametrize(("data_class", "days"), KEPT_DAYS.items())
def test_a_mark_says_the_class_and_how_long_it_is_kept(data_class: str, days: int) -> None:
    assert personal(data_class) == {"personal": data_class, "kept_days": days, "empty": ""}
