"""Who is asked to sign in: what the file of secrets says, and everybody if it cannot be read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.running_app import ROOT

PROGRAM = "from clv.ui.who import needs_sign_in; print(needs_sign_in())"


@pytest.mark.parametrize(
    ("secrets", "asked"),
    [
        (None, False),
        ("[other]\nkey = 1\n", False),
        ('[auth]\nclient_id = "app"\n', True),
        ('[auth\nclient_id = "app"\n', True),
    ],
    ids=["no file", "nothing about it", "a provider", "broken"],
)
def test_who_is_asked_to_sign_in(tmp_path: Path, secrets: str | None, *, asked: bool) -> None:
    folder = tmp_path / ".streamlit"
    folder.mkdir()
    if secrets is not None:
        (folder / "secrets.toml").write_text(secrets)
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert said.stdout.strip() == str(asked)
