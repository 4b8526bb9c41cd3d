"""Who may act for a resident, as the pages about them say it: what they may do, on which proof, until when, and what not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from people.residents.mandate_rules import BE_TOLD, BOOK, KnownMandate, entries_for, is_unclear, shown_mandates
from web.agent.call_request import code_of_mandate
from web.agent.mandate_labels import NOT_TO_SAY, POWERS_IN_SENTENCE, PROOF_LABELS
from web.labels import BASES_IN_SENTENCE, label_of
from web.page_context import StaffContext
from web.request_language import all_of, format_day


@dataclass(frozen=True)
class MandateLine:
    """One who may act, or may not any more: `over` says so, `unclear` that it is not noted that they may book.

    `code` is the value of the field `caller` that means them; `not_to_say` what must not be said to them.
    """

    id: int
    code: str
    name: str
    basis: str
    phone: str
    email: str
    powers: str
    proof: str
    until: str
    soon: str
    not_to_say: tuple[str, ...]
    over: str
    unclear: str
    history: tuple[str, ...]
    is_ended: bool


def mandate_line(context: StaffContext, one: KnownMandate) -> MandateLine:
    """An entry in words."""
    who, today = one.who, context.today
    until = _("until %(day)s", day=format_day(who.valid_until)) if who.valid_until else _("no last day noted")
    over = _over(context, one)
    return MandateLine(
        id=one.id,
        code=code_of_mandate(one.id),
        name=who.name,
        basis=label_of(BASES_IN_SENTENCE, who.basis),
        phone=who.phone,
        email=who.email,
        powers=all_of([str(POWERS_IN_SENTENCE[power]) for power in who.powers]),
        proof=_seen(context, one),
        until=str(until),
        soon=_soon(one.days_left(today)),
        not_to_say=tuple(str(text) for power, text in NOT_TO_SAY.items() if not one.may(power, today)),
        over=over,
        unclear="" if over or one.may(BOOK, today) else not_noted(),
        history=_history(context, one),
        is_ended=one.ended_at is not None,
    )


def mandate_lines(context: StaffContext, known: Sequence[KnownMandate]) -> tuple[MandateLine, ...]:
    """Those to be shown to whoever answers: who may act first."""
    return tuple(mandate_line(context, one) for one in shown_mandates(known, context.today))


def helper_warning(context: StaffContext, known: Sequence[KnownMandate], name: str) -> str:
    """What is said beside somebody who acted before, where something is noted of them and not that they may."""
    return not_noted() if is_unclear(known, name, context.today) else ""


def told_warning(context: StaffContext, known: Sequence[KnownMandate], name: str) -> str:
    """What is said before something is read out to somebody of whom it is not noted that they may be told of visits."""
    noted = entries_for(known, name)
    if not noted or any(one.may(BE_TOLD, context.today) for one in noted):
        return ""
    return str(_("Not noted that %(name)s may be told about visits: read it out to the resident alone", name=name))


def not_noted() -> str:
    """That somebody may not book without the resident's word."""
    return str(_("Not noted that they may book and change visits: ask the resident"))


def _over(context: StaffContext, one: KnownMandate) -> str:
    if not one.is_over(context.today):
        return ""
    until = one.who.valid_until
    ended = one.ended_at.astimezone(ZoneInfo(context.zone)).date() if one.ended_at else None
    day = min(day for day in (ended, until) if day is not None)
    return str(_("No longer: ended on %(day)s", day=format_day(day)))


def _soon(days: int | None) -> str:
    if days is None:
        return ""
    return str(ngettext("Ends in %(num)d day", "Ends in %(num)d days", days)) if days else str(_("Ends today"))


def _seen(context: StaffContext, one: KnownMandate) -> str:
    proof, day = label_of(PROOF_LABELS, one.who.proof), _day(context, one.proof_at)
    if not one.proof_by:
        return str(_("%(proof)s, noted on %(day)s", proof=proof, day=day))
    return str(_("%(proof)s, noted by %(name)s on %(day)s", proof=proof, name=one.proof_by, day=day))


def _history(context: StaffContext, one: KnownMandate) -> tuple[str, ...]:
    lines = []
    if one.changed_at:
        day = _day(context, one.changed_at)
        lines.append(_("Changed by %(name)s on %(day)s", name=one.changed_by or _("a colleague"), day=day))
    if one.ended_at:
        day = _day(context, one.ended_at)
        lines.append(_("Ended by %(name)s on %(day)s", name=one.ended_by or _("a colleague"), day=day))
    return tuple(map(str, lines)) + ((one.ended_why,) if one.ended_why else ())


def _day(context: StaffContext, at: datetime) -> str:
    return format_day(at.astimezone(ZoneInfo(context.zone)).date())
