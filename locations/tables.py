"""Mapped rows of authorities and of what they open: sites, resources, services, sessions, closures."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId
from core.personal_data import personal
from locations.catchment_policy import CatchmentPolicy
from locations.default_values import RING_MINUTES
from locations.document_policy import DocumentPolicy
from locations.message_policy import MessagePolicy
from locations.model import PERSON_KINDS, RESOURCE_KINDS, SITE_KINDS
from locations.promise_policy import PromisePolicy
from locations.rebooking_policy import RebookingPolicy
from locations.session_columns import SessionColumns, new_wait_seed
from locations.session_facts import FROM_FILE
from locations.site_screen_columns import SiteScreens
from locations.site_words import SiteWords
from locations.staff_policy import StaffPolicy
from locations.translated_columns import Multilingual, Translated
from locations.waiting_policy import WaitingPolicy

_WITHOUT_SITE = text("site_id IS NULL")


class Authority(Multilingual, MessagePolicy, RebookingPolicy, StaffPolicy, Base):
    """A council: the tenant. Policies are columns, so that each council keeps its own."""

    __tablename__ = "authorities"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    zone: Mapped[str] = mapped_column(String(60), default="Europe/London")
    division: Mapped[str] = mapped_column(String(40), default="england-and-wales")
    brand_colour: Mapped[str] = mapped_column(String(7), default="#1d4f7c")
    # A PNG as base64 text, and the slugs of services as they stand on the first page.
    logo: Mapped[str] = mapped_column(Text, default="", server_default="")
    service_order: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    opening_words: Mapped[str] = mapped_column(String(300), default="")
    publishes_availability: Mapped[bool] = mapped_column(Boolean, default=True)
    closes_on_bank_holidays: Mapped[bool] = mapped_column(Boolean, default=True)
    lead_minutes: Mapped[int] = mapped_column(default=120)
    horizon_days: Mapped[int] = mapped_column(default=56)
    open_limit: Mapped[int] = mapped_column(default=2)
    cancel_cutoff_minutes: Mapped[int] = mapped_column(default=120)
    extra_time_minutes: Mapped[int] = mapped_column(default=15)
    # Where somebody is answered in British Sign Language: an address, or words.
    bsl_contact: Mapped[str] = mapped_column(String(300), default="", server_default="")
    text_number: Mapped[str] = mapped_column(String(40), default="", server_default="")  # for replies; empty: none
    text_sender_id: Mapped[str] = mapped_column(String(36), default="", server_default="")  # of that number
    # Each with its kind, and either days_before and at ("09:00" at the site) or minutes_before.
    reminder_plan: Mapped[list[dict[str, Any]]]
    school_holidays: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    message_channels: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    # What the public statements say; what is left out has its default on the page.
    privacy: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    accessibility: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    plan_version: Mapped[int] = mapped_column(default=1)
    is_demo: Mapped[bool] = mapped_column(Boolean, default=False)


class Site(SiteScreens, SiteWords, Translated, Base):
    """Where people go. `plan_version` rises with every change to what is open here; bookings lock it for sharing."""

    __tablename__ = "sites"
    __table_args__ = (
        UniqueConstraint("authority_id", "slug"),
        CheckConstraint(f"kind IN {SITE_KINDS}", name="kind"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(Text, default="")
    postcode: Mapped[str] = mapped_column(String(10), default="")
    easting: Mapped[int | None] = mapped_column(Integer)
    northing: Mapped[int | None] = mapped_column(Integer)
    features: Mapped[list[str]]
    phone: Mapped[str] = mapped_column(String(40), default="")
    joining_address: Mapped[str] = mapped_column(String(500), default="", server_default="")
    rings_from: Mapped[str] = mapped_column(String(100), default="", server_default="")
    ring_minutes: Mapped[int] = mapped_column(default=RING_MINUTES, server_default=str(RING_MINUTES))
    closes_on_bank_holidays: Mapped[bool | None]
    # Shut for good from this date on; then people go to the site of this slug, or do what the words say.
    closed_from: Mapped[date | None]
    successor: Mapped[str] = mapped_column(String(60), default="", server_default="")
    where_to_go: Mapped[str] = mapped_column(String(500), default="", server_default="")
    # Draws for how long everybody waits for what comes up; nobody is shown it.
    wait_seed: Mapped[int] = mapped_column(default=new_wait_seed)
    plan_version: Mapped[int] = mapped_column(default=1)


class Resource(Base):
    """What an appointment occupies. `skills` holds skills and features alike.

    An adviser or interpreter without a site belongs to the council and works wherever sessions name them.
    """

    __tablename__ = "resources"
    __table_args__ = (
        UniqueConstraint("site_id", "slug"),
        CheckConstraint("seats >= 1", name="seats"),
        CheckConstraint(f"kind IN {RESOURCE_KINDS}", name="kind"),
        CheckConstraint(f"site_id IS NOT NULL OR (kind IN {PERSON_KINDS} AND seats = 1)", name="person"),
        Index(
            "uq_resources_person_slug",
            "authority_id",
            "slug",
            unique=True,
            postgresql_where=_WITHOUT_SITE,
            sqlite_where=_WITHOUT_SITE,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"), index=True)
    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    seats: Mapped[int] = mapped_column(default=1)
    skills: Mapped[list[str]]
    joining_address: Mapped[str] = mapped_column(String(500), default="", server_default="")


class TravelTime(Base):
    """The minutes that staff need between two sites, in either direction; the site of the lower id is named first."""

    __tablename__ = "travel_times"
    __table_args__ = (
        UniqueConstraint("first_site_id", "second_site_id"),
        CheckConstraint("first_site_id < second_site_id", name="order"),
        CheckConstraint("minutes >= 0", name="minutes"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    first_site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    second_site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    minutes: Mapped[int]


class Service(CatchmentPolicy, DocumentPolicy, WaitingPolicy, PromisePolicy, Translated, Base):
    """What a resident asks for. Policies that are None follow the authority's."""

    __tablename__ = "services"
    __table_args__ = (UniqueConstraint("authority_id", "slug"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    topic: Mapped[str] = mapped_column(String(100), default="")
    summary: Mapped[str] = mapped_column(String(300), default="")
    duration_minutes: Mapped[int]
    turnaround_minutes: Mapped[int] = mapped_column(default=0)
    grid_minutes: Mapped[int] = mapped_column(default=15)
    modes: Mapped[list[str]]
    also_called: Mapped[list[str]] = mapped_column(default=list, server_default="[]")  # other words for it
    # Questions that triage asks: [{"ask": "Do you rent your home?", "say": "...", "tell": "..."}]
    triage_questions: Mapped[list[dict[str, Any]]]
    # What messages call it, where its name would say something private; empty where it need not.
    message_name: Mapped[str] = mapped_column(String(60), default="", server_default="")
    # How it can be done without a visit; empty when a visit is needed.
    online_instead: Mapped[str] = mapped_column(Text, default="")
    online_url: Mapped[str] = mapped_column(String(300), default="")
    post_instead: Mapped[str] = mapped_column(Text, default="")
    bookable_online: Mapped[bool] = mapped_column(Boolean, default=True)
    lead_minutes: Mapped[int | None]
    horizon_days: Mapped[int | None]
    open_limit: Mapped[int | None]
    cancel_cutoff_minutes: Mapped[int | None]
    reminder_plan: Mapped[list[dict[str, Any]] | None]
    # Not given any more from this date on; then the service of this slug is, or the words say what to do.
    closed_from: Mapped[date | None]
    successor: Mapped[str] = mapped_column(String(60), default="", server_default="")
    where_to_go: Mapped[str] = mapped_column(String(500), default="", server_default="")
    # One pool for each requirement: [{"kind": "adviser", "skills": ["benefits"]}, {"kind": "room", "skills": []}]
    requirements: Mapped[list[dict[str, Any]]]


class SessionTemplate(SessionColumns, Base):
    """A recurring session: an RRULE in the site's wall clock, with the resources and services that it opens."""

    __tablename__ = "session_templates"
    __table_args__ = (UniqueConstraint("site_id", "slug"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    slug: Mapped[str] = mapped_column(String(60))
    rrule: Mapped[str] = mapped_column(String(300))
    first_date: Mapped[date]
    last_date: Mapped[date | None]
    # "term" or "holidays", or empty for both.
    school: Mapped[str] = mapped_column(String(10), default="", server_default="")


class SessionException(Base):
    """A date on which a session template does not hold, or holds at other times when `starts` and `ends` are given."""

    __tablename__ = "session_exceptions"
    __table_args__ = (UniqueConstraint("template_id", "date"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("session_templates.id", ondelete="CASCADE"))
    date: Mapped[date]
    starts: Mapped[time | None]
    ends: Mapped[time | None]
    reason: Mapped[str] = mapped_column(String(200), default="")


class DatedSession(SessionColumns, Base):
    """A session on one date that no template describes: an extra Saturday, an outreach day."""

    __tablename__ = "dated_sessions"
    __table_args__ = (UniqueConstraint("site_id", "slug"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    slug: Mapped[str] = mapped_column(String(60))
    date: Mapped[date]


class SessionResource(Base):
    """A resource that a session opens: of a template or of a dated session, never of both."""

    __tablename__ = "session_resources"
    __table_args__ = (
        CheckConstraint("(template_id IS NULL) <> (dated_session_id IS NULL)", name="one_owner"),
        UniqueConstraint("template_id", "resource_id"),
        UniqueConstraint("dated_session_id", "resource_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    template_id: Mapped[int | None] = mapped_column(ForeignKey("session_templates.id", ondelete="CASCADE"))
    dated_session_id: Mapped[int | None] = mapped_column(ForeignKey("dated_sessions.id", ondelete="CASCADE"))
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id", ondelete="CASCADE"))


class SessionService(Base):
    """A service that a session offers: of a template or of a dated session, never of both."""

    __tablename__ = "session_services"
    __table_args__ = (
        CheckConstraint("(template_id IS NULL) <> (dated_session_id IS NULL)", name="one_owner"),
        UniqueConstraint("template_id", "service_id"),
        UniqueConstraint("dated_session_id", "service_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    template_id: Mapped[int | None] = mapped_column(ForeignKey("session_templates.id", ondelete="CASCADE"))
    dated_session_id: Mapped[int | None] = mapped_column(ForeignKey("dated_sessions.id", ondelete="CASCADE"))
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))


class Closure(Base):
    """A period, half-open, in which an authority (no site), a site (no resource) or one resource is shut.

    A closure of a resource without a site is of a person who belongs to the council, and who is away everywhere; with a
    site such a person is away there alone. One that names a service, a topic or a mode shuts only that. `source` says
    whether the council's file made it, or somebody (`staff`, `api`), whose closure the file never removes. What was
    lifted is in force no longer.
    """

    __tablename__ = "closures"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="period"),
        UniqueConstraint("authority_id", "slug"),
        Index("ix_closures_authority_ends", "authority_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    resource_id: Mapped[int | None] = mapped_column(ForeignKey("resources.id"))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id"))
    topic: Mapped[str] = mapped_column(String(100), default="", server_default="")
    mode: Mapped[str] = mapped_column(String(12), default="", server_default="")
    slug: Mapped[str] = mapped_column(String(60))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    # What somebody typed may be about anybody; what the council's file says is the file's.
    reason: Mapped[str] = mapped_column(String(200), default="", info=personal("story"))
    source: Mapped[str] = mapped_column(String(10), default=FROM_FILE, server_default=FROM_FILE)
    offers_wanted_at: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
