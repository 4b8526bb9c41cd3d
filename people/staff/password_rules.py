"""What a password of staff may be: long enough, and not one that is guessed first. Pure.

NCSC asks for length, not for kinds of characters, and for a list of what is refused; 12 characters keep "three random
words". https://www.ncsc.gov.uk/collection/passwords/updating-your-approach, read 2026-11-23. A list of whole passwords
would miss "liverpool2026": refused is whatever is made of common words, figures, runs of keys and facts of the account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.errors import Invalid

SHORTEST = 12
# So many characters have to be left when everything that a guesser tries first is taken out.
LEAST_REMAINDER = 6
SHORTEST_WORD = 3  # of the account's own facts: shorter parts of a name occur in any password

COMMON_WORDS = frozenset(
    """
    password passwort passcode passphrase secret letmein welcome changeme temporary default admin administrator master
    access login logon signin guest user test demo sample hello goodbye iloveyou loveyou love princess prince queen king
    sunshine shadow dragon monkey tiger lion eagle football rugby cricket liverpool arsenal chelsea everton tottenham
    spurs manchester united city rangers celtic newcastle leeds villa superman batman spiderman pokemon starwars
    charlie thomas george harry daniel jessica ashley michelle jordan michael andrew joshua matthew robert william james
    summer winter spring autumn monday tuesday wednesday thursday friday saturday sunday weekend january february march
    april june july august september october november december christmas easter holiday birthday
    london england scotland wales britain ireland birmingham bristol cardiff
    council councils library libraries hub office staff adviser agent manager site counter booking appointment frontdoor
    computer internet windows microsoft google apple samsung facebook banana cheese chocolate coffee cookie flower
    butterfly rainbow purple orange yellow silver golden trustno whatever nothing freedom blink nintendo
    first second third the and for you your this that what is my our one two three four five six seven eight nine ten
    """.split()
)
_KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qazwsxedcrfvtgbyhnujm", "abcdefghijklmnopqrstuvwxyz", "01234567890")
_SHORTEST_RUN = 3
_SUBSTITUTES = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})


def check_password(password: str, *, facts: Iterable[str] = ()) -> None:
    """Refuse a password that is short, or made of what a guesser tries first. `facts` are the account's: email, name.

    Raises: Invalid, in the field "password".
    """
    if len(password) < SHORTEST:
        raise Invalid.in_field("password", "password_too_short", shortest=SHORTEST)
    if len(set(password)) < LEAST_REMAINDER or len(hard_part(password, facts)) < LEAST_REMAINDER:
        raise Invalid.in_field("password", "password_too_easy")


def hard_part(password: str, facts: Iterable[str] = ()) -> str:
    """What is left of `password` without common words, parts of `facts`, runs of keys, repeats and figures."""
    words = COMMON_WORDS | {part for fact in facts for part in _parts(fact)}
    readings = (password.casefold(), password.casefold().translate(_SUBSTITUTES))
    return min((_without(text, words) for text in readings), key=len)


def _parts(fact: str) -> set[str]:
    return {part for part in re.split(r"[\W\d_]+", fact.casefold()) if len(part) >= SHORTEST_WORD}


def _without(text: str, words: Iterable[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, " ")
    pieces = (text[start:end] for start, end in _unlike_runs(text))
    return "".join(re.sub(r"[\d\W_]", "", piece) for piece in pieces)


def _unlike_runs(text: str) -> list[tuple[int, int]]:
    """The pieces of `text` between runs: repeats of a character, and neighbours on a keyboard or in the alphabet."""
    pieces, start, position = [], 0, 0
    while position < len(text):
        length = _run_at(text, position)
        if length >= _SHORTEST_RUN:
            pieces.append((start, position))
            start = position = position + length
        else:
            position += 1
    return [*pieces, (start, len(text))]


def _run_at(text: str, position: int) -> int:
    longest = 1
    while text[position : position + longest + 1] == text[position] * (longest + 1):
        longest += 1
    for row in _KEY_ROWS:
        for keys in (row, row[::-1]):
            length = 1
            while position + length < len(text) and text[position : position + length + 1] in keys:
                length += 1
            longest = max(longest, length)
    return longest
