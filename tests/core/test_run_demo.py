"""What `make run` makes for itself, and how it stops."""

import stat
from pathlib import Path

from core.run_demo import demo_environment, kept_secret


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "instance" / "secret-key"
    first = kept_secret(file, 48)
    assert len(first) == 64
    assert kept_secret(file, 48) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_demo_has_a_key_a_password_and_its_own_address(tmp_path: Path) -> None:
    environ = demo_environment({"PORT": "8123", "LANG": "C"}, tmp_path)
    assert environ["FRONT_DOOR_DEMO"] == "1"
    assert environ["PUBLIC_URL"] == "http://127.0.0.1:8123"
    assert environ["SECRET_KEY"] == (tmp_path / "secret-key").read_text().strip()
    assert environ["DEMO_PASSWORD"] == (tmp_path / "demo-password").read_text().strip()
    assert environ["LANG"] == "C"


def test_what_the_environment_says_wins(tmp_path: Path) -> None:
    given = {"SECRET_KEY": "given", "DEMO_PASSWORD": "given too", "PUBLIC_URL": "https://demo.example.org"}
    assert {name: demo_environment(given, tmp_path)[name] for name in given} == given
    assert list(tmp_path.iterdir()) == []
