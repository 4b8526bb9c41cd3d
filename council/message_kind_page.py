"""What the pages about kinds of messages show: what each has cost, and what it would save and risk to switch it off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from locations.importing.difference import Key
from locations.message_prices import pounds
from reminders.costs.cost_queries import sent_by_month, visits_by_month
from reminders.costs.kinds_off import SWITCHABLE, KindOff, kinds_off_of
from reminders.costs.message_costs import (
    Prices,
    Sent,
    Visits,
    break_even,
    cost_of,
    counted_months,
    last_months,
    prices_of,
    saving_each_month,
)
from reminders.costs.running_trials import trials_of
from web.labels import label_of
from web.manage.set_up_context import address_of
from web.message_labels import MESSAGE_KINDS
from web.page_context import StaffContext
from web.request_language import all_of, format_moment, format_month


@dataclass(frozen=True)
class KindPage:
    """What is known of the messages of a council: what was sent in `months`, the last of which is not over yet."""

    context: StaffContext
    months: list[date]
    sent: list[Sent]
    visits: list[Visits]
    prices: Prices
    off: tuple[KindOff, ...]

    @property
    def full_months(self) -> list[date]:
        """The full months in which messages were counted."""
        return counted_months(self.sent, self.months[:-1])

    @property
    def kinds(self) -> list[str]:
        """Those that can be switched off, and those that have cost something."""
        return list(dict.fromkeys([*SWITCHABLE, *sorted({one.kind for one in self.sent})]))

    @property
    def price_page(self) -> str:
        """Where the prices are given."""
        address = address_of(Key("council", (self.context.authority.slug,)))
        return f"{address}#text_pence"

    @property
    def month_names(self) -> list[str]:
        """The months as headings; the last one says that it is not over."""
        *full, now = map(format_month, self.months)
        return [*full, str(_("%(month)s so far", month=now))]

    def off_since(self, kind: str) -> KindOff | None:
        """Since when and by whom it is off; None while it is on."""
        return next((one for one in self.off if one.kind == kind), None)

    def state_of(self, kind: str) -> str:
        """Whether it is on, and since when and by whom it is off."""
        found = self.off_since(kind)
        if found is None:
            return str(_("On") if kind in SWITCHABLE else _("Always on"))
        facts = {"since": self._moment(found.since), "name": found.switched_by, "at": self._moment(found.switched_at)}
        return str(_("Off for what is due from %(since)s on. %(name)s did it on %(at)s.", **facts))

    def is_off_now(self, kind: str) -> bool:
        """Whether it is off for what is due now, and not only from a day to come on."""
        found = self.off_since(kind)
        return found is not None and found.since <= self.context.now

    def off_from(self, kind: str) -> str:
        """From when on it is off."""
        found = self.off_since(kind)
        return self._moment(found.since) if found else ""

    def running_trials(self) -> list[str]:
        """The services on which two plans of reminders are tried now."""
        names = {service.id: service.name for service in self.context.catalogue.services}
        running = (one for one in trials_of(self.context.db, self.context.authority.id) if one.ended_at is None)
        return [names[one.service_id] for one in running if one.service_id in names]

    def of_kind(self, kind: str) -> list[Sent]:
        """What was sent of it."""
        return [one for one in self.sent if one.kind == kind]

    def last_full(self, kind: str) -> str:
        """What the last full month has cost."""
        return self._cell([one for one in self.of_kind(kind) if one.month == self.months[-2]])

    def rows(self, kind: str) -> list[tuple[str, list[str]]]:
        """For each service, and for all of them, what each month has cost."""
        found = self.of_kind(kind)
        services = {service.id: service.name for service in self.context.catalogue.services}
        by_service = [
            (name, [one for one in found if one.service_id == id_])
            for id_, name in services.items()
            if any(one.service_id == id_ for one in found)
        ]
        every = [(str(_("All services")), found)] if len(by_service) != 1 else []
        return [(name, self._cells(sent)) for name, sent in (*by_service, *every)]

    def _cells(self, sent: Sequence[Sent]) -> list[str]:
        return [self._cell([one for one in sent if one.month == month]) for month in self.months]

    def _cell(self, sent: Sequence[Sent]) -> str:
        """ "£1.23: 40 texts in 52 parts, 2 letters"."""
        texts, parts, letters = (sum(getattr(one, name) for one in sent) for name in ("texts", "segments", "letters"))
        uncounted = sum(one.uncounted for one in sent)
        counts = [
            ngettext("%(num)d text", "%(num)d texts", texts) if texts else "",
            ngettext("in %(num)d part", "in %(num)d parts", parts) if texts else "",
        ]
        said = [" ".join(filter(None, counts)), ngettext("%(num)d letter", "%(num)d letters", letters) * bool(letters)]
        if uncounted:
            said.append(ngettext("%(num)d that was not counted", "%(num)d that were not counted", uncounted))
        words = ", ".join(filter(None, said)) or str(_("Nothing sent"))
        cost = cost_of(sent, self.prices)
        return f"{pounds(cost)}: {words}" if cost is not None and (texts or letters) else words

    def saving(self, kind: str) -> Decimal | None:
        """What it costs in a month, on average over the full months."""
        return saving_each_month(self.of_kind(kind), self.full_months, self.prices)

    def saves(self, kind: str) -> str:
        """What switching it off saves."""
        months = all_of(map(format_month, self.full_months))
        if not self.full_months:
            return str(_("No full month with texts or letters is counted yet, so nobody can say what that saves."))
        saving = self.saving(kind)
        if saving is None:
            return str(_("It saves what you see above. Give the prices of a text and a letter to see it in pounds."))
        return str(_("It saves about %(sum)s a month: the average of %(months)s.", sum=pounds(saving), months=months))

    def risks(self, kind: str) -> list[str]:
        """What it may cost: the visits that were missed, and from how many more on nothing is saved."""
        full = [one for one in self.visits if one.month in self.months[:-1]]
        missed, all_visits = sum(one.missed for one in full), sum(one.missed + one.came for one in full)
        if not all_visits:
            return [str(_("Nobody has written down yet who came and who did not, so the risk is not known."))]
        facts = {"missed": f"{missed:,}", "all": f"{all_visits:,}", "share": f"{100 * missed / all_visits:.1f}"}
        said = [str(_("With it, people missed %(missed)s of %(all)s visits in the last months: %(share)s%%.", **facts))]
        each, saving = self.prices.missed_visit, self.saving(kind)
        if each is None:
            return [*said, str(_("What a missed visit costs is not known here. You can give it with the prices."))]
        said.append(str(_("At %(each)s each, that was %(sum)s.", each=pounds(each), sum=pounds(each * missed))))
        number = break_even(saving, each) if saving else None
        if number:
            said.append(
                ngettext(
                    "If people miss %(num)d more visit in a month without it, you lose more than you save.",
                    "If people miss %(num)d more visits in a month without it, you lose more than you save.",
                    number,
                )
            )
        return said

    def _moment(self, at: datetime) -> str:
        return format_moment(at.astimezone(ZoneInfo(self.context.zone)))


def kind_page(context: StaffContext) -> KindPage:
    """What the pages show, read now."""
    council, months = context.authority, last_months(context.today)
    return KindPage(
        context,
        months,
        sent_by_month(context.db, council, months),
        visits_by_month(context.db, council, months),
        prices_of(council.text_pence, council.letter_pence, council.missed_visit_pounds),
        kinds_off_of(council.kinds_off),
    )


def kind_label(kind: str) -> str:
    """What a kind is called."""
    return label_of(MESSAGE_KINDS, kind)
