"""A reference spelled out for reading it aloud.

Source: NATO phonetic alphabet, https://www.nato.int/cps/en/natohq/declassified_136216.htm, read 2026-11-23.
"""

from __future__ import annotations

SPELLING = dict(
    zip("ABCDEFGHIJKLM", ["Alfa", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett",
                          "Kilo", "Lima", "Mike"], strict=True)
)  # fmt: skip
SPELLING |= dict(
    zip("NOPQRSTUVWXYZ", ["November", "Oscar", "Papa", "Quebec", "Romeo", "Sierra", "Tango", "Uniform", "Victor",
                          "Whiskey", "X-ray", "Yankee", "Zulu"], strict=True)
)  # fmt: skip
SPELLING |= dict(
    zip("0123456789", ["Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"], strict=True)
)
GROUP = 4


def spell_out(reference: str) -> str:
    """ "Kilo Seven Papa Mike, Four Quebec X-ray Two": the words of each character, in groups of four."""
    words = [SPELLING.get(character, character) for character in reference.upper() if not character.isspace()]
    return ", ".join(" ".join(words[start : start + GROUP]) for start in range(0, len(words), GROUP))
