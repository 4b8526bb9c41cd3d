"""The scheduler: a process that ticks, and does what a day has its hour for.

Of messages it holds no timetable: the database decides what is due at each tick. What is done again after so many seconds
waits by a clock that cannot be set back; what is done at an hour of the day goes by the wall clock, with APScheduler.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import delete

from booking.use_cases.chase_invitations import chase_invitations
from booking.use_cases.cleanup import delete_expired
from booking.use_cases.deliver_batches import deliver_batches
from booking.use_cases.earlier_times import Mark, offer_earlier_times
from booking.use_cases.manage_links import answer_link_requests
from booking.use_cases.measure_promises import measure_promises
from booking.use_cases.offers import make_offers
from booking.use_cases.outside_calendars import read_outside_calendars
from booking.use_cases.proposals import end_unanswered
from booking.use_cases.running_visits import follow_running_visits
from booking.use_cases.send_waves import send_waves
from booking.use_cases.tell_of_changes import tell_of_changes
from core.outages import outage_of, summary_of
from core.runtime import Runtime
from people.staff.password_requests import answer_password_requests
from reminders.bounces import read_bounces
from reminders.call_texts import delete_old_call_texts, send_call_texts
from reminders.channel_queue import DeliveryCounts
from reminders.channels.base import ChannelUnavailable
from reminders.channels.registry import configured_channels
from reminders.confirming.unconfirmed import work_confirmations
from reminders.heartbeat import RETENTION, SWEEP, HeartbeatRecorder, last_sweep, record_heartbeat
from reminders.held_offers import is_offer_held, was_offer_tried
from reminders.inbound import handle_waiting_texts
from reminders.invitation_mails import CHANNEL_OF, delete_old_invitation_mails, send_invitation_mails
from reminders.messages import MessageWriter
from reminders.privacy.retention import empty_expired
from reminders.reach_queries import can_be_told
from reminders.reconciliation import ask_providers
from reminders.staff_mails import delete_old_mails, send_staff_mails
from reminders.stuck_messages import replace_stuck
from reminders.tables import Heartbeat
from reminders.urgent_alerts import delete_old_alerts, send_urgent_alerts
from reminders.wish_mails import delete_old_wish_mails, send_wish_mails
from reminders.worker import Worker

TICK_SECONDS = 3
CALL_SECONDS = 1.5  # who is called outside has to come in
BOUNCE_SECONDS = 300.0
RECEIPT_SECONDS = 30
EVENT_SECONDS = 5
CONFIRM_SECONDS = 300
SWEEP_CHECK_SECONDS = 60
SWEEP_INTERVAL = timedelta(hours=1)
RETENTION_HOUR = 2  # UTC: the quietest of the night

log = logging.getLogger(__name__)


def worker_of(runtime: Runtime) -> Worker:
    """A worker for every channel that the settings configure. Raises: ConfigurationError."""
    settings = runtime.settings
    writer = MessageWriter(
        settings.public_url, settings.secret_key, settings.mail_from, old_secret_keys=settings.old_secret_keys
    )
    return Worker(runtime.database, runtime.clock, configured_channels(settings, runtime.database), writer)


def run(runtime: Runtime, worker: Worker, stopping: threading.Event, *, tick_seconds: float = TICK_SECONDS) -> None:
    """Tick until `stopping` is set; then finish the message in hand and return.

    Heartbeats come from the work itself: a loop of its own would go on recording them while nothing is sent. The rest has
    threads of its own, so that messages do not wait for it.
    """
    timetable = timetable_of(runtime)
    timetable.start()
    worker.on_progress = HeartbeatRecorder(runtime, worker.name).on_progress
    loops = _loops(runtime, worker, stopping, timetable, tick_seconds)
    for loop in loops:
        loop.start()
    stopping.wait()
    worker.stop()
    for loop in loops:
        loop.join()
    timetable.shutdown(wait=False)


def _loops(
    runtime: Runtime, worker: Worker, stopping: threading.Event, timetable: BackgroundScheduler, tick_seconds: float
) -> list[threading.Thread]:
    """A thread for each kind of work, with a name."""
    seen: dict[int, Mark] = {}
    return [
        threading.Thread(target=_repeat, args=(work, seconds, stopping), name=name)
        for name, work, seconds in (
            ("send", worker.send_due, tick_seconds),
            ("sweep", lambda: sweep_when_due(runtime), SWEEP_CHECK_SECONDS),
            ("promises", lambda: measure_promises(runtime), SWEEP_CHECK_SECONDS),
            ("calendars", lambda: read_outside_calendars(runtime, stopping), SWEEP_CHECK_SECONDS),
            ("links", lambda: answer_link_requests(runtime), tick_seconds),
            ("offers", lambda: work_offers(runtime), tick_seconds),
            ("receipts", lambda: ask_providers(runtime, worker.channels, stopping), RECEIPT_SECONDS),
            ("stuck messages", lambda: replace_stuck(runtime), RECEIPT_SECONDS),
            ("bounces", lambda: look_for_bounces(runtime, stopping), BOUNCE_SECONDS),
            ("staff mails", lambda: work_staff_mails(runtime, worker, stopping), tick_seconds),
            ("waiting list", lambda: offer_waiting(runtime, seen), tick_seconds),
            ("waiting mails", lambda: send_wish_mails(runtime, worker.channels, stopping), tick_seconds),
            ("called", lambda: send_call_texts(runtime, worker.channels, stopping), CALL_SECONDS),
            ("invitations", lambda: work_invitations(runtime, worker, stopping), tick_seconds),
            ("batches", lambda: deliver_batches(runtime, stopping), RECEIPT_SECONDS),
            ("programs", lambda: tell_of_changes(runtime, stopping), EVENT_SECONDS),
            ("running visits", lambda: follow_running_visits(runtime), SWEEP_CHECK_SECONDS),
            ("confirmations", lambda: work_confirmations(runtime), CONFIRM_SECONDS),
            ("texts", lambda: handle_waiting_texts(runtime), tick_seconds),
            (
                "timetable",
                timetable.wakeup,
                SWEEP_CHECK_SECONDS,
            ),  # it reads the wall clock again, whatever was done to it
        )
    ]


def timetable_of(runtime: Runtime) -> BackgroundScheduler:
    """What is done at an hour of the day, not started yet: personal data ends at night."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    timetable = BackgroundScheduler(job_defaults={"coalesce": True, "misfire_grace_time": None}, timezone="UTC")
    timetable.add_job(end_personal_data, "cron", hour=RETENTION_HOUR, args=[runtime], id="retention")
    return timetable


def end_personal_data(runtime: Runtime) -> None:
    """Empty what every council has kept long enough."""
    for expired in empty_expired(runtime):
        log.info("retention", extra={"authority": expired.authority, "rows": sum(expired.rows.values())})


def send_once(runtime: Runtime, worker: Worker) -> DeliveryCounts:
    """The counts of one pass, with all else that the scheduler does: links, offers, promises, cleanup when due."""
    worker.on_progress = HeartbeatRecorder(runtime, worker.name).on_progress
    answer_link_requests(runtime)
    work_offers(runtime)
    work_staff_mails(runtime, worker)
    offer_waiting(runtime)
    send_wish_mails(runtime, worker.channels)
    work_invitations(runtime, worker)
    send_call_texts(runtime, worker.channels)
    measure_promises(runtime)
    follow_running_visits(runtime)
    handle_waiting_texts(runtime)
    work_confirmations(runtime)
    counts = worker.send_due()
    ask_providers(runtime, worker.channels)
    replace_stuck(runtime)
    look_for_bounces(runtime)
    sweep_when_due(runtime)
    deliver_batches(runtime)
    tell_of_changes(runtime)
    read_outside_calendars(runtime)  # last: servers of others can be slow, and messages do not wait for them
    return counts


def look_for_bounces(runtime: Runtime, stopping: threading.Event | None = None) -> None:
    """Read the mailbox of BOUNCE_MAILBOX, where there is one; one that cannot be read is tried again later."""
    try:
        read_bounces(runtime, stopping)
    except ChannelUnavailable as error:
        if stopping is None or not stopping.is_set():
            log.error("the mailbox for reports of mail servers could not be read: %s", error.detail)


def work_offers(runtime: Runtime) -> None:
    """End the offers that were not answered in time, and seek other times for those who wait for one after a closure."""
    end_unanswered(runtime, was_offer_tried)
    make_offers(runtime, can_be_told)


def offer_waiting(runtime: Runtime, seen: dict[int, Mark] | None = None) -> None:
    """Offer what is free to those who wait for it and who would be told."""
    offer_earlier_times(runtime, can_be_told, seen, is_held=is_offer_held)


def work_staff_mails(runtime: Runtime, worker: Worker, stopping: threading.Event | None = None) -> None:
    """Answer staff who forgot their password, send the links to set one, and write about urgent requests without a name."""
    answer_password_requests(runtime)
    send_staff_mails(runtime, worker.channels, stopping)
    send_urgent_alerts(runtime, worker.channels, stopping)


def work_invitations(runtime: Runtime, worker: Worker, stopping: threading.Event | None = None) -> None:
    """Chase whoever has not answered an invitation, and send the messages about invitations that are due."""
    chase_invitations(runtime)
    send_waves(runtime, [way for way, channel in CHANNEL_OF.items() if channel in worker.channels])
    send_invitation_mails(runtime, worker.channels, stopping)


def stop_on_signals(stopping: threading.Event) -> None:
    """Let SIGTERM and SIGINT end the process cleanly. Call it from the main thread."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _repeat(work: Callable[[], object], seconds: float, stopping: threading.Event) -> None:
    """Do `work` at once, and again `seconds` after it has ended, by a clock that cannot be set back."""
    while not stopping.is_set():
        try:
            work()
        except Exception as error:
            if outage_of(error) is None:
                log.exception("a pass failed; the next one follows")
            else:
                log.error("unavailable: %s", summary_of(error))
        stopping.wait(seconds)


def sweep_when_due(runtime: Runtime) -> None:
    """Delete what has expired, unless that was done within the last hour, by this process or any other."""
    with runtime.database.reading() as db:
        now, last = runtime.clock.database_now(db), last_sweep(db)
    if last is not None and abs(now - last) < SWEEP_INTERVAL:
        return
    deleted = delete_expired(runtime)
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        db.execute(delete(Heartbeat).where(Heartbeat.at < now - RETENTION))
        delete_old_mails(db, now)
        delete_old_alerts(db, now)
        delete_old_wish_mails(db, now)
        delete_old_invitation_mails(db, now)
        delete_old_call_texts(db, now)
        record_heartbeat(db, SWEEP, now)
    log.info("swept", extra={"holds": deleted.holds, "claims": deleted.claims})
