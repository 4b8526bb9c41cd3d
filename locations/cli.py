"""Commands: whether a council's audit is whole, and its marks under another key."""

from __future__ import annotations

import click

from core.audit_verification import AuditFault, AuditReport, Fault, renew_marks, verify_audit
from core.errors import NotFound
from core.flask_context import runtime_command
from core.language import DEFAULT_LANGUAGE, language_for
from core.problems import text_of_error
from core.runtime import Runtime
from locations.ids_by_slug import authority_id_of

WORDS = {
    Fault.CHANGED: "it is not as Front Door wrote it.",
    Fault.REASON_CHANGED: "its reason is not as Front Door wrote it.",
    Fault.MISSING: "an entry that was written before it in its lane is missing.",
    Fault.MISSING_AT_END: "an entry that was written after it in its lane is missing.",
    Fault.NOT_COUNTED: "it is not among the entries that were counted.",
    Fault.COUNT_CHANGED: "the count of the entries in its lane was changed.",
    Fault.COUNT_MISSING: "the count of the entries in its lane is missing.",
}


@click.group("audit")
def audit_cli() -> None:
    """The record of who did what: is it whole?"""


@audit_cli.command("verify")
@click.option("--authority", "slug", required=True, metavar="SLUG")
@click.option("--at-least", "least", type=int, default=0, metavar="N", help="The number of entries that it had before.")
@runtime_command
def verify_command(runtime: Runtime, slug: str, least: int) -> None:
    """Say whether the audit of a council is whole; exit with 1 and the first entry that is not, otherwise.

    Keep the number of entries that it prints in another place: it never falls, whatever was restored from a copy.
    """
    report = _report(runtime, slug)
    if report.entries < least:
        raise click.ClickException(f"The audit of {slug} has {report.entries} entries. It had {least} before.")
    click.echo(f"The audit of {slug} is whole: {report.entries} entries.")


@audit_cli.command("renew")
@click.option("--authority", "slug", required=True, metavar="SLUG")
@runtime_command
def renew_command(runtime: Runtime, slug: str) -> None:
    """Sign the audit of a council with the current SECRET_KEY, if it is whole by that key and OLD_SECRET_KEYS.

    After that no old key is needed to verify it.
    """
    _report(runtime, slug)
    renewed = renew_marks(runtime.database, _authority_id(runtime, slug))
    click.echo(f"{renewed} entries of {slug} are signed with the current key.")


def _report(runtime: Runtime, slug: str) -> AuditReport:
    report = verify_audit(runtime.database, _authority_id(runtime, slug))
    if report.first_fault is not None:
        raise click.ClickException(f"The audit of {slug} is not whole. {_first(report.first_fault)}")
    return report


def _first(fault: AuditFault) -> str:
    where = f"number {fault.number} of lane {fault.lane}"
    words = WORDS[fault.fault]
    if fault.entry_id is None:
        return f"There is no entry any more in lane {fault.lane}: {words}"
    kind, number = fault.subject
    return (
        f"The first entry that is not: {fault.entry_id} ({where}; {fault.action} {kind} {number}, {fault.at}): {words}"
    )


def _authority_id(runtime: Runtime, slug: str) -> int:
    try:
        with runtime.database.reading() as db:
            return authority_id_of(db, slug)
    except NotFound as error:
        raise click.UsageError(text_of_error(error, language_for(DEFAULT_LANGUAGE))) from error
