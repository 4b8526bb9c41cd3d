"""`flask locations import`."""

from __future__ import annotations

from pathlib import Path

from flask.testing import FlaskCliRunner

EXAMPLE = Path(__file__).parents[2] / "docs/examples/anytown.toml"


def test_it_says_what_it_added_and_the_second_time_that_there_is_nothing(runner: FlaskCliRunner) -> None:
    first = runner.invoke(args=["locations", "import", str(EXAMPLE)])
    again = runner.invoke(args=["locations", "import", str(EXAMPLE)])
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "Added: 3 closures, 1 council, 5 resources, 2 services, 4 sessions, 2 sites." in first.output
    assert again.output == "Nothing to change: everything is as the file says.\n"


def test_it_names_file_line_and_mistake_and_fails(runner: FlaskCliRunner, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    text = EXAMPLE.read_text(encoding="utf-8").replace("duration_minutes = 45", "duration_minutes = 42")
    file.write_text(text, encoding="utf-8")
    result = runner.invoke(args=["locations", "import", str(file)])
    line = text.splitlines().index("duration_minutes = 42") + 1
    assert result.exit_code == 1
    assert f'{file}: line {line}: duration_minutes of service "housing-advice" is 42' in result.output
    assert "Nothing was imported." in result.output


def test_a_file_that_is_not_there_is_told_plainly(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["locations", "import", "/no/such/file.toml"])
    assert result.exit_code == 2
    assert "does not exist" in result.output
