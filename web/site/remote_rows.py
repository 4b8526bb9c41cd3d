"""What a row of the day list says and offers of somebody who is rung, or joins a video, instead of coming."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.queries.appointments import AppointmentView
from booking.states import State, may_note_unanswered, may_ring_instead
from web.call_lines import times_of_calls
from web.labels import MODES, Labels

CALL, VIDEO = "call", "video"  # what a button has them reached by
ACTIONS: Mapping[str, Labels] = {
    "phone": {State.ARRIVED: _l("They answered"), State.DID_NOT_ATTEND: _l("They did not answer")},
    "video": {State.ARRIVED: _l("They joined"), State.DID_NOT_ATTEND: _l("They did not join")},
}
NOT_HERE_YET: Labels = {"phone": _l("Not spoken to yet"), "video": _l("Not joined yet")}


@dataclass(frozen=True)
class Way:
    """How the appointment is held (`mode`, empty for in person), where a video is joined, and what can be clicked.

    `ring_button` has them rung, or joins the video after all; `unanswered` says when nobody answered; `late` is said
    where it has begun without them; `actions` are the labels of what can be recorded that differ from the usual ones.
    """

    mode: str = ""
    join_url: str = ""
    ring_button: str = ""
    unanswered: str = ""
    may_note_call: bool = False
    late: str = ""
    actions: Labels = field(default_factory=dict)


def way_of(view: AppointmentView, now: datetime, *, may_record: bool, may_ring: bool) -> Way:
    """How it is held, read at `now` by somebody who may record outcomes or have people rung, or not."""
    code = "phone" if view.is_by_telephone else view.mode
    may_change = may_ring and may_ring_instead(view.mode, view.state, view.ends_at, now)
    may_note = may_note_unanswered(view.state, view.starts_at, len(view.unanswered_calls), now)
    times = times_of_calls(view.unanswered_calls, view.zone)
    return Way(
        mode=_("By phone, not video") if view.is_rung_instead else str(MODES[view.mode]),
        join_url="" if view.is_rung_instead else view.join_url,
        ring_button="" if not may_change else VIDEO if view.is_rung_instead else CALL,
        unanswered=times and _("Rung at %(times)s, nobody answered", times=times),
        may_note_call=may_record and view.is_by_telephone and may_note,
        late=str(NOT_HERE_YET[code]),
        actions=ACTIONS[code],
    )
