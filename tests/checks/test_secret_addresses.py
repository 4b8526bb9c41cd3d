"""Whoever reads the log of a proxy opens nobody's appointment."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.databases("sqlite")
def test_the_proxy_that_the_manual_sets_up_logs_no_address_with_a_secret(app: Flask) -> None:
    manual = (ROOT / "docs" / "operations.md").read_text()
    (unlogged,) = re.findall(r"location ~ (\S+) \{ access_log off;", manual)
    secret = {rule.rule for rule in app.url_map.iter_rules() if "token" in rule.arguments}
    assert len(secret) > 5
    assert {rule for rule in secret if not re.search(unlogged, rule)} == set()
