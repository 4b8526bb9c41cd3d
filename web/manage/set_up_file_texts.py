"""What is wrong with a file that was sent."""

from __future__ import annotations

from flask_babel import gettext as _

from booking.importing.clashes import Clash
from core.error_texts import text_of
from people.staff.colleague_import import RowMistake
from web.request_language import current_language


def line_text(line: int, what: str) -> str:
    """An error with its line."""
    return str(_("Line %(line)s: %(what)s", line=line, what=what))


def mistake_text(mistake: Clash | RowMistake) -> str:
    """What is wrong with a line, and in which column."""
    text = text_of(mistake.reason, current_language())
    return line_text(mistake.line, f"{mistake.column}: {text}" if mistake.column else text)


def other_council(found: str, own: str) -> str:
    """The file is another council's."""
    return str(_("This is the file of “%(found)s”. Yours has the slug “%(own)s”.", found=found, own=own))
