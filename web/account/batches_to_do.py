"""The batches of receipts that have not arrived at the back office, for the home page of staff."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import ngettext

from booking.documents.batch_queries import overdue_batches
from people.staff.policy import Action
from web.account.home import sites_of_staff, url_or_none
from web.page_context import StaffContext


def batches_to_do(context: StaffContext) -> Iterator[tuple[str, str]]:
    """A line and its address for each site that has one, where they may look at documents."""
    if not context.staff.may(Action.HANDLE_DOCUMENTS):
        return
    sites = {site.id: site for site in sites_of_staff(context.staff, context.catalogue.sites)}
    for site_id, number in sorted(overdue_batches(context.db, context.now, list(sites)).items()):
        text = ngettext(
            "%(site)s: %(num)d batch of receipts has not arrived at the back office",
            "%(site)s: %(num)d batches of receipts have not arrived at the back office",
            number,
            site=sites[site_id].name,
        )
        yield text, url_or_none("site.batches", site=sites[site_id].slug) or ""
