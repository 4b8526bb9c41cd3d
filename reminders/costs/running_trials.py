"""A council tries two plans of reminders side by side on one service: started, allotted, ended, and in figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.states import CANCELLED
from booking.tables import Appointment
from core.audit import Actor, record
from core.errors import Invalid, NotFound
from core.runtime import Runtime
from core.transactions import lock_by_name
from locations.tables import Service
from reminders.costs.cost_queries import CAME, MISSED
from reminders.costs.tables import ReminderTrial, TrialAllotment
from reminders.costs.trial_results import ARMS, ArmFigures, Difference, arm_of, difference

Plan = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class TrialFigures:
    """A trial with what is known of each plan, in their order."""

    id: int
    service_id: int
    plans: tuple[Plan, Plan]
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    arms: tuple[ArmFigures, ArmFigures]

    @property
    def difference(self) -> Difference | None:
        """By how much more visits are missed with the second plan; None where there are too few to say."""
        return difference(*self.arms)


def start_trial(runtime: Runtime, authority_id: int, service_id: int, plans: tuple[Plan, Plan], *, actor: Actor) -> int:
    """The id of a trial: each appointment that is booked from now on for the service has one of the plans.

    Raises: NotFound for a service of nobody or another council; Invalid when the plans are the same, or one runs already.
    """
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        service = db.get(Service, service_id)
        if service is None or service.authority_id != authority_id:
            raise NotFound
        first, second = ([dict(one) for one in plan] for plan in plans)
        if first == second:
            raise Invalid.in_field("plan_b", "plans_are_the_same")
        lock_by_name(db, f"trial of service {service_id}")
        if db.scalar(_running(service_id)) is not None:
            raise Invalid.in_field("service", "trial_is_running")
        row = ReminderTrial(
            authority_id=authority_id,
            service_id=service_id,
            plan_a=first,
            plan_b=second,
            started_at=now,
            started_by=actor.name,
        )
        db.add(row)
        db.flush()
        _write_down(db, row, "reminder_trial_started", actor, now)
        return row.id


def end_trial(runtime: Runtime, authority_id: int, trial_id: int, *, actor: Actor) -> None:
    """Allot no more; what is booked keeps its plan. A second time it changes nothing. Raises: NotFound."""
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        row = db.scalar(select(ReminderTrial).where(ReminderTrial.id == trial_id).with_for_update())
        if row is None or row.authority_id != authority_id:
            raise NotFound
        if row.ended_at is None:
            row.ended_at = now
            _write_down(db, row, "reminder_trial_ended", actor, now)


def allot(db: Session, trial_id: int, appointment_id: int) -> Plan:
    """The plan that a new appointment has, written down with it."""
    trial = db.get_one(ReminderTrial, trial_id)
    reference = db.scalars(select(Appointment.reference).where(Appointment.id == appointment_id)).one()
    arm = arm_of(trial_id, reference)
    if db.get(TrialAllotment, appointment_id) is None:  # planned anew, it keeps its plan
        db.add(TrialAllotment(appointment_id=appointment_id, trial_id=trial_id, arm=arm))
        db.flush()
    return trial.plan_a if arm == ARMS[0] else trial.plan_b


def running_plans(db: Session, service_id: int) -> tuple[Plan, ...]:
    """The two plans that are tried on the service now; none where no trial runs."""
    plans = select(ReminderTrial.plan_a, ReminderTrial.plan_b)
    row = db.execute(plans.where(ReminderTrial.service_id == service_id, ReminderTrial.ended_at.is_(None))).first()
    return () if row is None else (row.plan_a, row.plan_b)


def trials_of(db: Session, authority_id: int) -> list[TrialFigures]:
    """The trials of the council, the newest first, with their figures."""
    rows = db.scalars(
        select(ReminderTrial).where(ReminderTrial.authority_id == authority_id).order_by(ReminderTrial.id.desc())
    ).all()
    counts: dict[tuple[int, str], dict[str, int]] = {}
    of_council = TrialAllotment.trial_id.in_([row.id for row in rows])
    states = (
        select(TrialAllotment.trial_id, TrialAllotment.arm, Appointment.state, func.count())
        .join(Appointment, Appointment.id == TrialAllotment.appointment_id)
        .where(of_council)
        .group_by(TrialAllotment.trial_id, TrialAllotment.arm, Appointment.state)
    )
    for trial_id, arm, state, number in db.execute(states):
        counts.setdefault((trial_id, arm), {})[state] = number
    return [
        TrialFigures(
            row.id,
            row.service_id,
            (row.plan_a, row.plan_b),
            row.started_at,
            row.started_by,
            row.ended_at,
            (_figures(counts.get((row.id, ARMS[0]), {})), _figures(counts.get((row.id, ARMS[1]), {}))),
        )
        for row in rows
    ]


def _figures(states: Mapping[str, int]) -> ArmFigures:
    came, cancelled = (sum(states.get(state, 0) for state in some) for some in (CAME, CANCELLED))
    missed = states.get(MISSED, 0)
    return ArmFigures(came, missed, cancelled, sum(states.values()) - came - missed - cancelled)


def _running(service_id: int) -> Any:
    return select(ReminderTrial.id).where(ReminderTrial.service_id == service_id, ReminderTrial.ended_at.is_(None))


def _write_down(db: Session, row: ReminderTrial, action: str, actor: Actor, now: datetime) -> None:
    subject = ("reminder_trial", row.id)
    record(db, actor, action, subject, authority_id=row.authority_id, now=now, service=row.service_id)
