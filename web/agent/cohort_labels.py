"""Words for lists of people who are invited: how it stands with each, and what staff can do."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from booking.invitations.cohort_queries import CohortView
from booking.invitations.cohort_rules import NOT_ANSWERED_YET, CohortChange, CohortState, Standing, Wish
from web.labels import Labels

STANDINGS: Labels = {
    Standing.WAITING: _l("Not invited yet"),
    Standing.INVITED: _l("Invited"),
    Standing.REMINDED: _l("Reminded"),
    Standing.BOOKED: _l("Booked"),
    Standing.UNANSWERED: _l("Not answered in time"),
    Standing.TO_RING: _l("To ring: nothing can be sent"),
    Standing.FAILED: _l("To ring: the message failed"),
    Standing.SEEN_TO: _l("Seen to"),
    Standing.WITHDRAWN: _l("Taken off the list"),
}
STATES: Labels = {
    CohortState.RUNNING: _l("Goes on"),
    CohortState.PAUSED: _l("Paused"),
    CohortState.STOPPED: _l("Stopped"),
}
CHANGES: Labels = {
    CohortChange.PAUSE: _l("Pause"),
    CohortChange.RESUME: _l("Go on"),
    CohortChange.STOP: _l("Stop inviting"),
    CohortChange.WITHDRAW: _l("Stop, and end all links"),
}
WISHES: Labels = {
    Wish.NO_MESSAGES: _l("wants no messages"),
    Wish.NO_TEXTS: _l("asked for no texts"),
    Wish.SAFE_HOURS: _l("only at hours that are safe"),
}


def effect_of(view: CohortView, change: CohortChange) -> list[str]:
    """What the change does, a sentence each."""
    waiting = view.counts[Standing.WAITING]
    out = sum(view.counts[one] for one in NOT_ANSWERED_YET)
    waits = ngettext("%(num)d person was not invited yet.", "%(num)d people were not invited yet.", waiting)
    answered = ngettext(
        "%(num)d person is invited and has not answered.", "%(num)d people are invited and have not answered.", out
    )
    links = str(_("Their links go on working, and they are reminded."))
    if change is CohortChange.PAUSE:
        return [waits, str(_("They wait until you go on.")), answered, links]
    if change is CohortChange.RESUME:
        return [waits, str(_("The next of them are invited when their date has come, or at once if it is over."))]
    never = str(_("They are taken off the list and never hear of it."))
    if change is CohortChange.STOP:
        return [waits, never, answered, links]
    ended = _("Their links end at once and say that the invitation was withdrawn. They are not told otherwise.")
    return [waits, never, answered, str(ended)]
