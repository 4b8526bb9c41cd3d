"""What a message says of papers to whoever has answered which they need. Pure."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from booking.documents.kept_papers import papers_of_visit, services_as_answered
from core.language import Language
from reminders.delivery_decisions import MessageFacts


def as_answered(facts: MessageFacts, language: Language) -> MessageFacts:
    """The facts, in their language, with the papers of whoever has answered in place of the rules."""
    others = tuple(as_answered(one, language) for one in facts.same_day)
    if not facts.paper_answers:
        return replace(facts, same_day=others)
    day = facts.starts_at.astimezone(ZoneInfo(facts.authority.zone)).date()
    services = services_as_answered(facts.services, facts.paper_answers, day, language)
    return replace(facts, services=services, same_day=others)


def count_missing(facts: MessageFacts) -> int:
    """How many papers somebody has said they do not have, for all appointments that the message tells."""
    day = facts.starts_at.astimezone(ZoneInfo(facts.authority.zone)).date()
    own = papers_of_visit(facts.services, facts.paper_answers, day).missing
    return len(own) + sum(count_missing(one) for one in facts.same_day)
