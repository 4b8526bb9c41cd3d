"""QR codes for the camera of a telephone: bytes, error correction level L, versions 1 to 20. Pure.

Source: ISO/IEC 18004:2015. Its tables of blocks are copied here for level L; where the patterns lie is worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain, groupby, pairwise, zip_longest

Modules = dict[tuple[int, int], bool]
"""What is dark (True) and light, by column and row."""

# Of level L, by version from 1 on: the codewords that correct errors in each block, and the number of blocks.
_CORRECTING = (7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28)
_BLOCKS = (1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8)
_LEVEL_L = 0b01
_MASKS: tuple[Callable[[int, int], int], ...] = (
    lambda x, y: (x + y) % 2,
    lambda _, y: y % 2,
    lambda x, _: x % 3,
    lambda x, y: (x + y) % 3,
    lambda x, y: (x // 3 + y // 2) % 2,
    lambda x, y: x * y % 2 + x * y % 3,
    lambda x, y: (x * y % 2 + x * y % 3) % 2,
    lambda x, y: ((x + y) % 2 + x * y % 3) % 2,
)
_LIKE_A_FINDER = ("00001011101", "10111010000")


def qr_rows(text: str) -> list[str] | None:
    """The rows of the code of `text`, "1" for what is dark; None for what is too long."""
    data = text.encode()
    version = next((one for one in range(1, len(_BLOCKS) + 1) if len(data) <= _room(one)), None)
    if version is None:
        return None
    size, fixed = 17 + 4 * version, _patterns(version)
    bits = "".join(f"{codeword:08b}" for codeword in _codewords(data, version))
    places = [place for place in _places(size) if place not in fixed]
    drawn = [_rows(fixed, dict(zip(places, bits.ljust(len(places), "0"), strict=True)), mask) for mask in range(8)]
    return min(drawn, key=_penalty)


def _total(version: int) -> int:
    """The codewords of a version: what its patterns leave of it."""
    return ((17 + 4 * version) ** 2 - len(_patterns(version))) // 8


def _room(version: int) -> int:
    """The bytes that a version takes, besides mode, length and end."""
    return _total(version) - _CORRECTING[version - 1] * _BLOCKS[version - 1] - (2 if version < 10 else 3)


def _codewords(data: bytes, version: int) -> list[int]:
    """The data in blocks, each with its correction, in the order in which they are drawn."""
    correcting, number, total = _CORRECTING[version - 1], _BLOCKS[version - 1], _total(version)
    bits = f"0100{len(data):0{8 if version < 10 else 16}b}{''.join(f'{byte:08b}' for byte in data)}0000"
    whole = [int(bits[start : start + 8], 2) for start in range(0, len(bits), 8)]
    room = total - correcting * number
    whole += [(0xEC, 0x11)[one % 2] for one in range(room - len(whole))]
    blocks, start = [], 0
    for one in range(number):
        end = start + room // number + (one >= number - total % number)
        blocks.append(whole[start:end])
        start = end
    return [*_woven(blocks), *_woven([_correction(block, correcting) for block in blocks])]


def _woven(blocks: Sequence[Sequence[int]]) -> Iterator[int]:
    return (one for one in chain.from_iterable(zip_longest(*blocks)) if one is not None)


def _product(a: int, b: int) -> int:
    """Of two elements of GF(256), modulo x^8 + x^4 + x^3 + x^2 + 1."""
    result = 0
    for bit in range(7, -1, -1):
        result = (result << 1) ^ ((result >> 7) * 0x11D) ^ ((b >> bit & 1) * a)
    return result


@cache
def _generator(degree: int) -> tuple[int, ...]:
    """The polynomial with the roots 2^0 to 2^(degree - 1), without its first coefficient, which is 1."""
    polynomial, root = [1], 1
    for _number in range(degree):
        shifted = [*polynomial, 0]
        polynomial = [one ^ _product(other, root) for one, other in zip(shifted, [0, *polynomial], strict=True)]
        root = _product(root, 2)
    return tuple(polynomial[1:])


def _correction(block: Sequence[int], degree: int) -> list[int]:
    """The remainder by Reed and Solomon."""
    rest = [0] * degree
    for codeword in block:
        factor = codeword ^ rest[0]
        rest = [one ^ _product(other, factor) for one, other in zip([*rest[1:], 0], _generator(degree), strict=True)]
    return rest


@cache
def _patterns(version: int) -> Modules:
    """What every code of the version has, with room for its format."""
    size = 17 + 4 * version
    fixed = {(6, at): at % 2 == 0 for at in range(size)} | {(at, 6): at % 2 == 0 for at in range(size)}
    last = size - 7
    middles = [6] if version == 1 else _alignments(version)
    for x in middles:
        for y in middles:
            if (x, y) not in {(6, 6), (6, last), (last, 6)}:
                fixed |= _square(x, y, 2, {1}, size)
    for x, y in ((3, 3), (3, size - 4), (size - 4, 3)):
        fixed |= _square(x, y, 4, {2, 4}, size)
    fixed |= dict.fromkeys((place for pair in _format_places(size) for place in pair), False)
    fixed[8, size - 8] = True
    if version >= 7:
        for bit, dark in enumerate(_checked(version, 12, 0x1F25)):
            a, b = size - 11 + bit % 3, bit // 3
            fixed[a, b] = fixed[b, a] = dark
    return fixed


def _alignments(version: int) -> list[int]:
    number = version // 7 + 2
    step = (version * 8 + number * 3 + 5) // (number * 4 - 4) * 2
    return [6, *(10 + 4 * version - one * step for one in range(number - 1))]


def _square(x: int, y: int, reach: int, light: set[int], size: int) -> Modules:
    """Rings around a middle, as far as they lie in the code."""
    around = range(-reach, reach + 1)
    rings = {(x + a, y + b): max(abs(a), abs(b)) not in light for a in around for b in around}
    return {place: dark for place, dark in rings.items() if min(place) >= 0 and max(place) < size}


def _checked(value: int, degree: int, polynomial: int) -> list[bool]:
    """The bits of `value` with those that check it, the lowest first."""
    rest = value
    for _number in range(degree):
        rest = (rest << 1) ^ ((rest >> (degree - 1)) * polynomial)
    return _bits(value << degree | rest, degree)


def _bits(value: int, degree: int) -> list[bool]:
    return [bool(value >> bit & 1) for bit in range(18 if degree == 12 else 15)]


def _format_places(size: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where each bit of the format stands, the lowest first: at one finder, and at the two others."""
    first = [(8, y) for y in (0, 1, 2, 3, 4, 5, 7, 8)] + [(x, 8) for x in (7, 5, 4, 3, 2, 1, 0)]
    second = [(size - 1 - one, 8) for one in range(8)] + [(8, size - 7 + one) for one in range(7)]
    return list(zip(first, second, strict=True))


def _places(size: int) -> Iterator[tuple[int, int]]:
    """All places in the order in which codewords are drawn: up and down in pairs of columns, from the right."""
    for right in (*range(size - 1, 6, -2), *range(5, 0, -2)):
        is_up = (right + 1) & 2 == 0
        for y in range(size - 1, -1, -1) if is_up else range(size):
            yield from ((right, y), (right - 1, y))


def _rows(fixed: Modules, drawn: dict[tuple[int, int], str], mask: int) -> list[str]:
    size = max(x for x, _ in fixed) + 1
    masked = {(x, y): (bit == "1") != (_MASKS[mask](x, y) == 0) for (x, y), bit in drawn.items()}
    every = fixed | masked
    bits = _checked(_LEVEL_L << 3 | mask, 10, 0x537)
    for dark, bit, pair in zip(bits, _bits(0x5412, 10), _format_places(size), strict=True):
        every |= dict.fromkeys(pair, dark != bit)
    return ["".join("1" if every[x, y] else "0" for x in range(size)) for y in range(size)]


def _penalty(rows: Sequence[str]) -> int:
    """How hard it is to read: long lines, squares and what looks like a finder, and more dark than light or less."""
    lines = [*rows, *("".join(column) for column in zip(*rows, strict=True))]
    runs = [len(list(run)) for line in lines for _, run in groupby(line)]
    found = sum(run - 2 for run in runs if run >= 5)
    found += 40 * sum(line[at : at + 11] in _LIKE_A_FINDER for line in lines for at in range(len(line) - 10))
    for above, below in pairwise(rows):
        found += 3 * sum(above[at : at + 2] == below[at : at + 2] in ("00", "11") for at in range(len(rows) - 1))
    dark = sum(row.count("1") for row in rows)
    return found + 10 * (abs(20 * dark - 10 * len(rows) ** 2) // len(rows) ** 2)


def dark_runs(rows: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """The dark lines of a code, for drawing: column, row and length."""
    for y, row in enumerate(rows):
        x = 0
        for module, run in groupby(row):
            length = len(list(run))
            if module == "1":
                yield x, y, length
            x += length
