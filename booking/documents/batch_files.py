"""The files of a batch for the back office: the certified copies, a manifest, a list for spreadsheets, and check sums."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from booking.documents.batch_facts import BatchCopy, BatchReceipt, BatchView
from core.spreadsheet_cells import BYTE_ORDER_MARK, safe_cell

FORMAT = 1
MANIFEST = "manifest.json"
HEADINGS = ("Receipt", "Visit", "Name", "Given", "Document", "Result", "Certified copies")
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)  # of every file in it: the same batch is the same bytes


def name_of_copy(copy: BatchCopy) -> str:
    """The name of its file."""
    return f"copies/{copy.reference}-{copy.id}.pdf"


def batch_files(
    batch: BatchView,
    where: tuple[str, str],
    receipts: Sequence[BatchReceipt],
    copies: Sequence[BatchCopy],
    contents: Mapping[int, bytes],
    zone: ZoneInfo,
) -> dict[str, bytes]:
    """By name, with `/` in it; `where` are the slugs of the council and of the site, `contents` what is kept of copies.

    The check sums come last, and are of all others.
    """
    files = {name_of_copy(one): contents[one.id] for one in copies if one.id in contents}
    manifest = {
        "format": FORMAT,
        "batch": batch.number,
        "council": where[0],
        "site": where[1],
        "handed_over_at": _moment(batch.handed_over_at, zone),
        "handed_over_by": batch.staff,
        "receipts": [_receipt(one, zone) for one in receipts],
        "copies": [_copy(one, contents, zone) for one in copies],
    }
    files[MANIFEST] = json.dumps(manifest, ensure_ascii=False, indent=2).encode()
    files["receipts.csv"] = _csv(receipts, zone).encode()
    sums = (f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in sorted(files.items()))
    files["SHA256SUMS"] = ("\n".join(sums) + "\n").encode()
    return files


def batch_archive(files: Mapping[str, bytes]) -> bytes:
    """The files as one ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _WRITTEN_AT), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")


def _receipt(one: BatchReceipt, zone: ZoneInfo) -> dict[str, object]:
    facts = {"number": one.number, "visit": one.reference, "name": one.name, "given_at": _moment(one.given_at, zone)}
    return {**facts, "documents": list(one.items)}


def _copy(one: BatchCopy, contents: Mapping[int, bytes], zone: ZoneInfo) -> dict[str, object]:
    """`file` is null where it is not kept any more; a copy that was revoked since says so."""
    content = contents.get(one.id)
    return {
        "file": name_of_copy(one) if content is not None else None,
        "visit": one.reference,
        "document": one.document,
        "shown_by_or_for": one.on_behalf_of,
        "certified_at": _moment(one.certified_at, zone),
        "revoked_at": _moment(one.revoked_at, zone) if one.revoked_at else None,
        "sha256": one.sha256,
        "bytes": len(content) if content is not None else None,
    }


def _csv(receipts: Sequence[BatchReceipt], zone: ZoneInfo) -> str:
    """A line for each document of each receipt; every cell is quoted, lines end as RFC 4180 says."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for one in receipts:
        begin = (one.number, one.reference, one.name, _moment(one.given_at, zone))
        for item in one.items:
            rest = (str(item.get(key, "")) for key in ("document", "result", "copies"))
            writer.writerow(safe_cell(value) for value in (*begin, *rest))
    return BYTE_ORDER_MARK + out.getvalue()
