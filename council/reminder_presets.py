"""Plans of reminders to start from, each with what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from locations.message_prices import pounds
from reminders.costs.cost_queries import sent_by_month
from reminders.costs.message_costs import cost_of_text, last_months, prices_of, visits_for_one_missed
from reminders.recipients import REMINDER
from web.page_context import StaffContext

MORNING = "09:00"


@dataclass(frozen=True)
class Preset:
    """A plan: what its button says, what is known of it, and its reminders as in the council's file."""

    label: LazyString
    known: LazyString
    reminders: Sequence[Mapping[str, Any]]

    def figures(self, each_text: Decimal | None, missed_visit: Decimal | None) -> str:
        """What it costs for a visit by text, and when that pays, as far as both are known."""
        if each_text is None:
            return ""
        each_visit = each_text * len(self.reminders)
        said = str(_("By text it costs about %(sum)s for each visit.", sum=pounds(each_visit)))
        visits = visits_for_one_missed(each_visit, missed_visit) if missed_visit else None
        if visits is None:
            return said
        pays = ngettext(
            "It pays if it saves one missed visit in %(num)d.",
            "It pays if it saves one missed visit in %(num)d.",
            visits,
        )
        return f"{said} {pays}"


def _days(*numbers: int) -> list[dict[str, Any]]:
    return [{"kind": f"reminder_{number}d", "days_before": number, "at": MORNING} for number in numbers]


PRESETS: Mapping[str, Preset] = {
    "two": Preset(
        _l("14 days and 4 days before"),
        _l("The best pair in the trials of the NHS. Whoever cannot come has time to say so."),
        _days(14, 4),
    ),
    "one": Preset(
        _l("5 days before"),
        _l("One message, so the cheapest. A time that is given up can still go to somebody else."),
        _days(5),
    ),
    "three": Preset(
        _l("7 days, 1 day and 2 hours before"),
        _l("What this service does where nobody has chosen. The most messages."),
        [*_days(7, 1), {"kind": "reminder_2h", "minutes_before": 120}],
    ),
}


def preset_figures(context: StaffContext) -> dict[str, str]:
    """What each plan costs, by its code, from the reminders by text of the last full months and the council's prices."""
    council = context.authority
    prices = prices_of(council.text_pence, council.letter_pence, council.missed_visit_pounds)
    if prices.text is None:
        return {}
    sent = sent_by_month(context.db, council, last_months(context.today)[:-1])
    each_text = cost_of_text((one for one in sent if one.kind == REMINDER), prices)
    return {code: preset.figures(each_text, prices.missed_visit) for code, preset in PRESETS.items()}
