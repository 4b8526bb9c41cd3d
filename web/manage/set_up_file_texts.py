"""What is wrong with a file that was sent."""

from __future__ import annotations

from flask_babel import gettext as _


def line_text(line: int, what: str) -> str:
    """An error with its line."""
    return str(_("Line %(line)s: %(what)s", line=line, what=what))


def other_council(found: str, own: str) -> str:
    """The file is another council's."""
    return str(_("This is the file of “%(found)s”. Yours has the slug “%(own)s”.", found=found, own=own))
