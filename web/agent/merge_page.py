"""Two records that may be one person's, side by side, and what becomes of a merge that is undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from booking.merging.duplicate_queries import LikelySame, compared, likely_same_as
from booking.merging.tables import ResidentMerge
from booking.queries.appointments import AppointmentView
from booking.queries.word_holders import with_word
from booking.use_cases.undo_merge import UNDONE_WITHIN
from people.residents.details import ResidentDetails
from people.residents.merge_choice import CHOSEN_FACTS, WISHES
from people.staff.policy import Action
from reminders.contact_history_queries import contact_history
from web.agent.history_views import AHEAD, HistoryLine, history_lines
from web.agent.mandate_lines import mandate_lines
from web.agent.match_labels import MATCH_REASONS
from web.agent.merge_form import MergeForm, fact_in_words
from web.agent.record_conflict import LABELS
from web.agent.resident_card import ResidentCard
from web.components.form_fields import FieldError
from web.labels import BASES_IN_SENTENCE, STATES, label_of, labels_of
from web.page_context import StaffContext
from web.request_language import all_of, format_birth_date, format_day_short, format_moment_short
from web.told import ToldLine

NEWEST = 6  # contacts of either that are shown; the page of all contacts has the rest
ALWAYS_BOTH = ("support_needs", *WISHES, "safe_hours")


@dataclass(frozen=True)
class PairLine:
    """Two residents who may be one person, in a list: why, and where they stand side by side."""

    name: str
    other_name: str
    born: str
    why: str
    href: str


@dataclass(frozen=True)
class MergeLine:
    """A merge that was made: of whom, when, and until when it can be undone; `problem` says why it cannot be."""

    id: int
    name: str
    merged_name: str
    moment: str
    until: str
    href: str
    number: int
    problem: str = ""


@dataclass(frozen=True)
class BothRow:
    """One thing about both: as text, or as a list of lines."""

    label: str
    kept: tuple[str, ...]
    other: tuple[str, ...]
    is_same: bool = False


@dataclass(frozen=True)
class MergePage:
    """Both records with all that belongs to either, and the form that makes one of them."""

    context: StaffContext
    kept: ResidentCard
    other: ResidentCard
    from_id: int
    form: MergeForm
    seen: str
    errors: Sequence[FieldError] = ()

    @cached_property
    def facts(self) -> tuple[BothRow, ...]:
        """What either record says, fact by fact; what neither says is left out."""
        rows = (self._fact(fact) for fact in (*CHOSEN_FACTS, *ALWAYS_BOTH))
        nothing = str(_("nothing")), str(_("no"))
        return tuple(row for row in rows if not (row.is_same and row.kept[0] in nothing))

    def _fact(self, fact: str) -> BothRow:
        ours, theirs = (fact_in_words(fact, card.resident) for card in (self.kept, self.other))
        return BothRow(label_of(LABELS, fact), (ours,), (theirs,), is_same=ours == theirs)

    @cached_property
    def belongings(self) -> tuple[BothRow, ...]:
        """What belongs to either: visits, who helps, and the newest contacts with notes, messages and documents."""
        rows = (
            (_("Appointments to come"), self._visits(self.kept.upcoming), self._visits(self.other.upcoming)),
            (_("Earlier appointments"), self._visits(self.kept.past), self._visits(self.other.past)),
            (_("May act for them"), self._mandates(self.kept), self._mandates(self.other)),
            (_("Helped by"), self._helpers(self.kept), self._helpers(self.other)),
            (_("Latest contacts, notes and documents"), self._contacts(self.kept), self._contacts(self.other)),
        )
        none = (str(_("None")),)
        found = tuple(BothRow(str(label), ours or none, theirs or none) for label, ours, theirs in rows)
        return (*found, *self._word())

    def _word(self) -> tuple[BothRow, ...]:
        """Who has a memorable word; of two the older record's counts."""
        has = with_word(self.context.db, self.context.authority.id, [self.kept.id, self.other.id])
        counts = str(_("has one, which counts")) if len(has) > 1 else str(_("has one"))
        ours, theirs = (str(_("has one")) if card.id in has else str(_("None")) for card in (self.kept, self.other))
        return (
            (BothRow(str(_("Memorable word")), (counts if self.kept.id in has else ours,), (theirs,)),) if has else ()
        )

    def _visits(self, views: Sequence[AppointmentView]) -> tuple[str, ...]:
        lines = tuple(
            f"{all_of(view.service_names)}, {self._moment(view.starts_at)}, {view.site.name} ({STATES[view.state]})"
            for view in views[:NEWEST]
        )
        more = len(views) - NEWEST
        return (*lines, str(ngettext("and %(num)d more", "and %(num)d more", more))) if more > 0 else lines

    def _helpers(self, card: ResidentCard) -> tuple[str, ...]:
        return tuple(f"{person.name} ({label_of(BASES_IN_SENTENCE, person.basis)})" for person in card.representatives)

    def _mandates(self, card: ResidentCard) -> tuple[str, ...]:
        lines = mandate_lines(self.context, card.mandates)
        return tuple(f"{line.name} ({line.basis}): {line.over or line.powers}" for line in lines)

    def _contacts(self, card: ResidentCard) -> tuple[str, ...]:
        about = (self.context.db, self.context.authority.id, card.id)
        page = contact_history(*about, self.context.now + AHEAD, limit=NEWEST)
        return tuple(self._contact(line) for line in history_lines(page.entries))

    def _contact(self, line: HistoryLine) -> str:
        return ": ".join(filter(None, (f"{self._moment(line.at)}, {line.title}", line.words)))

    def _moment(self, at: datetime) -> str:
        return format_moment_short(at.astimezone(ZoneInfo(self.context.zone)))

    @cached_property
    def kept_from_both(self) -> tuple[str, ...]:
        """What either asked for and holds from then on, as it is said to staff."""
        both = (self.kept.resident, self.other.resident)
        wishes = dict.fromkeys((*self.kept.warnings, *self.other.warnings))
        hours = _hours(*both)
        return (*wishes, *((str(_("Only ring and text between %(hours)s", hours=hours)),) if hours else ()))

    @property
    def told(self) -> tuple[ToldLine, ...]:
        """Who is told of the merge: nobody; and where messages go that are planned."""
        number = len(self.kept.upcoming) + len(self.other.upcoming)
        planned = ngettext(
            "Nobody is told of this. The reminders of %(num)d visit to come go as you chose above",
            "Nobody is told of this. The reminders of %(num)d visits to come go as you chose above",
            number,
        )
        return (ToldLine(str(planned) if number else str(_("Nobody is told of this")), is_told=False),)

    @property
    def until(self) -> str:
        """The last day on which it can be undone, made now."""
        return format_day_short((self.context.now + UNDONE_WITHIN).astimezone(ZoneInfo(self.context.zone)).date())

    def address(self, view: str = "same_as") -> str:
        """The address of a view of these two."""
        other_id = self.other.id if self.from_id == self.kept.id else self.kept.id
        return url_for(f"agent.{view}", resident_id=self.from_id, other_id=other_id)


def _hours(kept: ResidentDetails, other: ResidentDetails) -> str:
    hours = {kept.safe_hours, other.safe_hours} - {""}
    return next(iter(hours)) if len(hours) == 1 else all_of(sorted(hours)) if hours else ""


def pair_lines(pairs: Iterable[LikelySame], from_id: int | None = None) -> tuple[PairLine, ...]:
    """Pairs as they are listed; those of one resident lead from their page."""
    return tuple(
        PairLine(
            name=pair.one.name,
            other_name=pair.other.name,
            born=format_birth_date(pair.other.date_of_birth or pair.one.date_of_birth),
            why=labels_of(MATCH_REASONS, pair.why),
            href=url_for(
                "agent.same_as", resident_id=pair.one.id if from_id is None else from_id, other_id=pair.other.id
            ),
        )
        for pair in pairs
    )


def pairs_of(context: StaffContext, card: ResidentCard) -> tuple[PairLine, ...]:
    """Who may be the same person as this resident, for whoever may merge them."""
    if not context.staff.may(Action.MERGE_RESIDENTS):
        return ()
    one = compared(card.id, card.resident)
    return pair_lines(likely_same_as(context.db, context.authority.id, one), card.id)


def merge_line(context: StaffContext, merge: ResidentMerge, name: str, problem: str = "") -> MergeLine:
    """A merge as it is listed."""
    zone = ZoneInfo(context.zone)
    moved: Mapping[str, Sequence[int]] = merge.moved
    return MergeLine(
        id=merge.id,
        name=name,
        merged_name=str(merge.was_merged.get("name", "")),
        moment=format_moment_short(merge.at.astimezone(zone)),
        until=format_day_short((merge.at + UNDONE_WITHIN).astimezone(zone).date()),
        href=url_for("agent.merges", resident_id=merge.kept_resident_id),
        number=len(moved.get("appointments", ())),
        problem=problem,
    )
