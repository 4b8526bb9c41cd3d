"""What text may hold, case by case."""

from __future__ import annotations

import pytest

from core.errors import InvalidValue
from core.text import clean_line, clean_text

LINES = [
    # what is typed, what is kept
    ("  Robin \t Sample\r\n", "Robin Sample"),
    ("Jose\u0301", "José"),  # one form of composition
    ("محمد علي", "محمد علي"),
    ("\u200fיוסי\u200f", "\u200fיוסי\u200f"),  # marks that a name from right to left may need
    ("می\u200cخواهم", "می\u200cخواهم"),  # a joiner that Persian is spelt with
    ("a\u202eb", "ab"),  # a mark that turns the direction of all that follows
    ("\u202a+44 7700 900123\u202c", "+44 7700 900123"),  # pasted from an address book
    ("\ufeffname", "name"),
    ("O\x92Brien", "OBrien"),  # half-decoded Windows text: a C1 control
    ("one\x85two", "one two"),  # NEL is an end of line
    ("one\u2028two", "one two"),
    ("🦊", "🦊"),
    ("", ""),
]
PARAGRAPHS = [
    (" one\r\ntwo\rthree\n\n four ", "one\ntwo\nthree\n\n four"),
    ("one\x85two\u2029three", "one\ntwo\nthree"),
    ("tab\tstays", "tab\tstays"),
]
REFUSED = ["a\x00b", "a\x07b", "\x1b[31m", "a\x0bb", "a\x7fb", "half \ud83d a character", "\udc00"]


@pytest.mark.parametrize(("typed", "kept"), LINES)
def test_a_line_is_kept_composed_and_without_needless_spaces(typed: str, kept: str) -> None:
    assert clean_line(typed) == kept
    assert clean_line(kept) == kept


@pytest.mark.parametrize(("typed", "kept"), PARAGRAPHS)
def test_a_text_keeps_its_lines(typed: str, kept: str) -> None:
    assert clean_text(typed) == kept
    assert clean_text(kept) == kept


@pytest.mark.parametrize("clean", [clean_line, clean_text])
@pytest.mark.parametrize("typed", REFUSED)
def test_what_a_database_or_a_printer_refuses_is_refused(clean, typed: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        clean(typed)
    assert refused.value.reason.code == "unprintable"


@pytest.mark.parametrize("clean", [clean_line, clean_text])
def test_what_is_kept_counts_and_not_what_was_typed(clean) -> None:
    assert clean("  " + "x" * 10 + "  ", 10) == "x" * 10
    with pytest.raises(InvalidValue) as refused:
        clean("x" * 11, 10)
    assert (refused.value.reason.code, refused.value.reason.facts) == ("too_long", {"longest": 10})
