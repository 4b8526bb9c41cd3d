"""What nobody should send, and somebody will: forty ways in which a field can be bad."""

from __future__ import annotations

LONG = 10_000
# Nothing, in the ways in which it can be sent; every field that is typed answers all of them alike.
EMPTY = {
    "empty": "",
    "spaces": "   ",
    "a tab and a new line": " \t\r\n ",
    "a space that does not break": "\u00a0\u2003",
    "invisible": "\u200b\u200b",
    "a byte order mark": "\ufeff",
    "marks of direction": "\u202e\u2066\u200f",
}
# What one database takes and the other does not, or neither.
FOR_DATABASES = {
    "NUL": "a\x00b",
    "NUL alone": "\x00",
    "half a character": "half \ud83d",
    "no character": "\ufffe\uffff",
    "1,000 letters": "x" * 1_000,
    "10,000 letters": "x" * LONG,
    "10,000 figures": "9" * LONG,
    "10,000 emoji": "🦊" * LONG,
    "more than 32 bits": "2147483648",
    "more than 64 bits": "9223372036854775808",
    "the first day": "0001-01-01",
    "the last day": "9999-12-31",
}
OTHERS = {
    "escape": "\x1b[31m",
    "next line": "a\x85b",
    "text turned round": "Robin \u202eelpmaS",
    "10,000 spaces": " " * LONG + "x",
    "long for a telephone": "0770" + " - " * 40 + "0900123",
    "Arabic": "محمد علي",
    "Hebrew": "\u200fיוסי",
    "Chinese": "王小明",
    "Arabic figures": "٠٧٧٠٠ ٩٠٠١٢٣",
    "wide letters": "Ｎ１２ ０ＧＡ",
    "letters with many marks": "Z\u0351\u036b\u0343a\u0329\u035cl\u0336" * 20,
    "emoji": "👩‍👩‍👧 🦊",
    "half an address": "a@b",
    "an address with a space": "a b@example.org",
    "half a postcode": "N12",
    "letters": "ZZZ",
    "below zero": "-1",
    "not whole": "1.5",
    "no number": "1e999",
    "a day that is not": "2026-02-30",
    "JSON": '{"$gt": [null]}',
    "markup": "<script>alert(1)</script>",
    "a statement": "'; DROP TABLE residents; --",
    "a path": "../../etc/passwd%00",
    "placeholders": "%s%n{0}{{7*7}}",
    "no choice": "none of these",
}
# One of each kind: for a field that is tried with all of them where it is read.
FEW = ("10,000 letters", "half a character", "empty", "NUL", "10,000 emoji", "more than 64 bits", "no choice")
BAD_VALUES = EMPTY | FOR_DATABASES | OTHERS
TURNS = 5  # fields that are alike, until each value was sent once more


def as_sent(text: str) -> bytes:
    """The bytes that a browser without manners would send."""
    return text.encode("utf-8", "surrogatepass")


def has_its_turn(words: str, number: int) -> bool:
    """Whether this value is sent in the field of this number, where fields that are alike take turns."""
    return (list(BAD_VALUES).index(words) + number) % TURNS == 0
