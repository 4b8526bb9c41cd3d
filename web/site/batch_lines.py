"""A batch of receipts as its page says it: which way it went, and whether it has arrived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.documents.batch_delivery import BatchFailure, BatchWay
from booking.documents.batch_facts import BatchView
from web.request_language import format_moment_short

FAILURES: Mapping[BatchFailure, LazyString] = {
    BatchFailure.NO_FOLDER: _l("the council’s folder is not there. Tell whoever runs the service"),
    BatchFailure.FULL: _l("the disk is full. Tell whoever runs the service"),
    BatchFailure.REFUSED: _l("the service may not write into the folder. Tell whoever runs it"),
    BatchFailure.UNREADABLE: _l("a certified copy in it cannot be read. Tell whoever runs the service"),
    BatchFailure.EXISTS: _l("something of the same name is in the folder already. Ask the back office whose it is"),
    BatchFailure.BROKEN: _l("the folder could not be written. Tell whoever runs the service"),
    BatchFailure.NO_ADDRESS: _l("your system has not said where to tell it. Tell whoever runs that system"),
    BatchFailure.PRIVATE: _l("its address leads into our own network. Tell whoever runs the service"),
    BatchFailure.NOT_FETCHED: _l("your system was told, and has not fetched it. Tell whoever runs that system"),
    BatchFailure.NOT_TAKEN: _l("your system does not answer that it has it. Tell whoever runs that system"),
    BatchFailure.IN_DOUBT: _l("it was put into the folder and is not there any more"),
}

WAYS: Mapping[BatchWay, LazyString] = {
    BatchWay.FILE: _l("As a file that staff pass on"),
    BatchWay.FOLDER: _l("By the folder"),
    BatchWay.WEBHOOK: _l("To your system"),
}


@dataclass(frozen=True)
class BatchLine:
    """A line of the list."""

    view: BatchView
    zone: str

    @property
    def spoken_number(self) -> str:
        """The number in two groups."""
        return f"{self.view.number[:4]} {self.view.number[4:]}"

    @property
    def way(self) -> str:
        """Which way it went, or goes."""
        return str(WAYS[self.view.way])

    @property
    def tag(self) -> str:
        """Whether it has arrived, in a word or two."""
        view = self.view
        if view.way is BatchWay.FILE:
            return ""
        if view.arrived_at is not None and view.way is BatchWay.WEBHOOK:
            return str(_("Fetched"))
        if view.arrived_at is not None:
            return str(_("Probably taken") if view.failure else _("Arrived"))
        if view.failure:
            return str(_("Not arrived"))
        return str(_("Told, not fetched yet") if view.told_at else _("On its way"))

    @property
    def colour(self) -> str:
        """The colour of the tag."""
        if self.view.arrived_at is not None:
            return "yellow" if self.view.failure else "green"
        return "red" if self.view.failure else "blue"

    @property
    def words(self) -> str:
        """When it arrived; or why it did not, and when it is tried again."""
        view, zone = self.view, ZoneInfo(self.zone)
        why = str(FAILURES[BatchFailure(view.failure)]) if view.failure else ""
        if view.arrived_at is not None:
            at = format_moment_short(view.arrived_at.astimezone(zone))
            asked = _("%(at)s: %(why)s. Ask the back office whether they have it.", at=at, why=why)
            return str(asked) if why else at
        if why and view.next_try_at is not None:
            again = format_moment_short(view.next_try_at.astimezone(zone))
            return str(_("%(why)s. Next try: %(at)s.", why=why[0].upper() + why[1:], at=again))
        return format_moment_short(view.told_at.astimezone(zone)) if view.told_at else ""

    @property
    def can_be_passed_on(self) -> bool:
        """Whether staff can take it over."""
        return bool(self.view.failure) and self.view.arrived_at is None
