"""Receipts for documents: what one was given for, for the programs of the back office."""

from __future__ import annotations

from flask import Response

from api import receipt_schemas, serializers
from api.blueprint import blueprint
from api.key_guard import api_actor
from api.operations import json_answer, operation, signed_in_key
from booking.documents.document_queries import receipt_by_number
from core.errors import NotFound
from core.flask_context import current_runtime
from locations.catalogue_queries import catalogue_by_id
from people.residents.access_log import log_access
from people.staff.access_marks import api_scope


@blueprint.get("/receipts/<number>", endpoint="receipt")
@api_scope("read")
@operation(
    answers={200: receipt_schemas.ReceiptSchema},
    problems=(404,),
    paths={"number": "The number of a receipt, with or without its space."},
)
def receipt(number: str) -> Response:
    """What somebody was given a receipt for at a counter. Each answer is on record."""
    runtime, key = current_runtime(), signed_in_key()
    with runtime.database.writing() as db:
        catalogue = catalogue_by_id(db, key.authority_id)
        try:
            found = receipt_by_number(db, key.authority_id, number)
        except NotFound as error:
            raise NotFound.because("receipt_unknown") from error
        log_access(db, key.authority_id, None, api_actor(), "api_receipt", runtime.clock.now(), receipt_id=found.id)
    answer = {
        "number": found.number,
        "given_at": serializers.moment(found.given_at, catalogue.authority.zone),
        "site": catalogue.site_by_id(found.site_id).slug,
        "reference": found.reference,
        "items": list(found.items),
    }
    return json_answer(answer)
