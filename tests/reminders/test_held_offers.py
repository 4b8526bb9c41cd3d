"""Offers of earlier times while a council holds back its messages: nobody loses anything by what they were not told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.events import appointment_changed, wish_changed
from booking.proposals.tables import Proposal, Wish
from core.database import Database
from reminders.outbox import plan_notifications
from reminders.pausing import resume_messages
from reminders.recipients import EMAIL
from reminders.scheduler import offer_waiting, work_offers
from reminders.wish_mails import plan_wish_mail, send_wish_mails
from tests.booking.test_online_wishes import wait
from tests.booking.test_waiting_list import full_house, give_up, wait_for
from tests.reminders.channels import RecordingChannel, worker_on
from tests.reminders.test_council_pauses import KIND, MANAGER, pause
from tests.support.factories import make_runtime


@pytest.mark.parametrize("has_appointment", [True, False])
def test_who_waits_loses_nothing_by_offers_that_a_pause_holds_back(
    database: Database, *, has_appointment: bool
) -> None:
    town, references = full_house(database)
    runtime, channel = make_runtime(database), RecordingChannel()
    worker = worker_on(database, runtime.clock, channel)
    with wish_changed.connected_to(plan_wish_mail), appointment_changed.connected_to(plan_notifications):
        if has_appointment:
            wait_for(runtime, town, references[-1])
        else:
            wait(runtime, town)
        give_up(runtime, town, references[3])
        offer_waiting(runtime)
        paused = pause(runtime, town, KIND, "earlier_time")
        for reference in references[4:8]:
            send_wish_mails(runtime, {EMAIL: channel})
            worker.send_due()
            give_up(runtime, town, reference)
            runtime.clock.advance(timedelta(minutes=31))  # type: ignore[attr-defined]
            work_offers(runtime)
            offer_waiting(runtime)
        with database.reading() as db:
            assert db.scalars(select(Proposal.state)).all() == ["ended"]
            assert db.scalars(select(Wish.unanswered)).all() == [0]
        resume_messages(runtime, town.authority_id, paused, actor=MANAGER)
        offer_waiting(runtime)
        send_wish_mails(runtime, {EMAIL: channel})
        worker.send_due()
        runtime.clock.advance(timedelta(minutes=31))  # type: ignore[attr-defined]
        work_offers(runtime)
        with database.reading() as db:
            assert db.scalars(select(Wish.unanswered)).all() == [1]
