"""Files are looked through for viruses, by a scanner that speaks the protocol of clamd."""

from __future__ import annotations

from pathlib import Path

import pytest

from booking.documents.virus_scan import PIECE, ScanResult, scan
from core.errors import InvalidValue
from tests.support.scanner import EICAR, scanner


def code_of(content: bytes, address: str) -> str:
    with pytest.raises(InvalidValue) as refused:
        scan(content, address)
    return refused.value.reason.code


def test_without_a_scanner_nothing_is_known() -> None:
    assert scan(EICAR, "") is ScanResult.NOT_SCANNED


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_file_of_any_size_is_looked_through(size: int) -> None:
    with scanner() as address:
        assert scan(b"x" * size, address) is ScanResult.CLEAN


def test_a_virus_is_found_wherever_it_stands() -> None:
    with scanner() as address:
        assert code_of(EICAR, address) == "document_has_virus"
        assert code_of(b"x" * (PIECE - 10) + EICAR, address) == "document_has_virus"


def test_a_scanner_at_a_socket_of_this_host_is_asked_alike(tmp_path: Path) -> None:
    with scanner(str(tmp_path / "clamd")) as address:
        assert scan(b"a picture", address) is ScanResult.CLEAN
        assert code_of(EICAR, address) == "document_has_virus"


@pytest.mark.parametrize(
    "answer", [b"", b"INSTREAM size limit exceeded. ERROR\0", b"UNKNOWN COMMAND\0", b"stream: OK OK?"]
)
def test_a_file_of_which_the_scanner_says_nothing_is_not_kept(answer: bytes) -> None:
    with scanner(answer=answer) as address:
        assert code_of(b"a picture", address) == "document_not_scanned"


def test_a_scanner_that_is_away_keeps_nothing(tmp_path: Path) -> None:
    with scanner() as address:
        pass
    assert code_of(b"a picture", address) == "document_not_scanned"
    assert code_of(b"a picture", f"unix:{tmp_path}/none") == "document_not_scanned"
