"""When people can come to a site without an appointment, in words."""

from __future__ import annotations

from collections.abc import Collection

from flask_babel import gettext as _

from locations.drop_in_hours import drop_ins
from locations.model import SiteFacts
from web.page_context import PageContext
from web.request_language import all_of, format_day, format_time


def drop_in_texts(
    context: PageContext, site: SiteFacts, service_ids: Collection[int], *, names_services: bool = False
) -> tuple[str, ...]:
    """ "Tuesday 1 December 2026, 9am to 1pm" for each of the days ahead, for all of these services."""
    texts = []
    for one in drop_ins(site, service_ids, context.now, context.zone):
        text = _(
            "%(day)s, %(start)s to %(end)s",
            day=format_day(one.starts_at.date()),
            start=format_time(one.starts_at),
            end=format_time(one.ends_at),
        )
        if names_services:
            names = all_of([service.name for service in context.catalogue.services if service.id in one.service_ids])
            text = _("%(hours)s: %(services)s", hours=text, services=names)
        texts.append(str(text))
    return tuple(texts)
