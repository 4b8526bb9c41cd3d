"""Batches of receipts for the programs of the back office: what is in one, and all of it as one file."""

from __future__ import annotations

import hashlib

from flask import Response, request

from api import batch_schemas, serializers
from api.blueprint import blueprint
from api.key_guard import api_actor
from api.operations import json_answer, operation, signed_in_key
from booking.documents.batch_delivery import DeliveryRefused
from booking.documents.batch_facts import BatchToDeliver
from booking.documents.batch_files import batch_archive
from booking.documents.batch_queries import batch_to_fetch, receipts_of_batch
from booking.use_cases.batch_contents import contents_of_batch
from booking.use_cases.fetch_batch import note_fetched, note_unreadable
from booking.use_cases.tell_of_batch import BATCHES
from core.errors import NotFound, Unavailable
from core.flask_context import current_runtime
from core.runtime import Runtime
from people.residents.access_log import log_access
from people.staff.access_marks import api_scope

NUMBER = {"batch": "The number of a batch, as the message says it."}
ZIP = "application/zip"


@blueprint.get("/receipt-batches/<batch>", endpoint="receipt_batch")
@api_scope("receipts")
@operation(answers={200: batch_schemas.BatchSchema}, problems=(404,), paths=NUMBER)
def receipt_batch(batch: str) -> Response:
    """What is in a batch of receipts, with the check sum of each file."""
    runtime = current_runtime()
    found, residents = _found(batch)
    files = _files(runtime, found)
    with runtime.database.writing() as db:
        facts = {"number": found.view.number, "site_id": found.site_id, "residents": residents}
        log_access(db, found.authority_id, None, api_actor(), "api_receipt_batch_list", runtime.clock.now(), **facts)
    answer = {
        "number": found.view.number,
        "site": found.site,
        "handed_over_at": serializers.moment(found.view.handed_over_at, found.zone),
        "receipts": found.view.receipts,
        "files": [
            {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        ],
        "archive": f"{runtime.settings.public_url}{BATCHES}/{found.view.number}/archive",
    }
    return json_answer(answer)


@blueprint.get("/receipt-batches/<batch>/archive", endpoint="receipt_batch_archive")
@api_scope("receipts")
@operation(answers={200: ZIP}, problems=(404,), paths=NUMBER)
def receipt_batch_archive(batch: str) -> Response:
    """The batch as one ZIP: the certified copies, a list, a manifest and check sums. Each answer is on record."""
    runtime = current_runtime()
    found, residents = _found(batch)
    content = batch_archive(_files(runtime, found))
    if request.method != "HEAD":  # which fetches nothing
        note_fetched(runtime, found, residents, actor=api_actor())
    headers = {"Content-Disposition": f'attachment; filename="{found.folder_name}.zip"', "Cache-Control": "no-store"}
    return Response(content, mimetype=ZIP, headers=headers)


def _found(number: str) -> tuple[BatchToDeliver, list[int]]:
    """The batch, and the ids of the residents of its receipts. Raises: NotFound."""
    with current_runtime().database.reading() as db:
        try:
            found = batch_to_fetch(db, signed_in_key().authority_id, number)
        except NotFound as error:
            raise NotFound.because("batch_unknown") from error
        receipts = receipts_of_batch(db, found.authority_id, found.view.id)
    return found, list(dict.fromkeys(one.resident_id for one in receipts if one.resident_id))


def _files(runtime: Runtime, batch: BatchToDeliver) -> dict[str, bytes]:
    """All of it. Raises: Unavailable where a copy that should be there cannot be read; that is an alarm."""
    try:
        return contents_of_batch(runtime, batch, all_of_it=True)
    except DeliveryRefused as error:
        note_unreadable(runtime, batch)
        raise Unavailable.because("batch_unreadable") from error
