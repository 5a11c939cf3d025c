"""The description of the API is its contract: requests made from it, answers compared with it.

The long run is `benchmarks.api_fuzz`; here are a few hundred requests, the same every time.
"""

import subprocess
from pathlib import Path

import pytest

from benchmarks.api_fuzz import fuzz
from clv.api import analyses
from clv.store.shop.database import create_shop
from scripts.running_api import new_token


@pytest.fixture(autouse=True)
def shop(served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLV_SHOP_URL", f"sqlite:///{tmp_path}/shop.db")
    create_shop()


def run(served: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return fuzz(served, new_token(), folder, "--seed", "1", "--generation-deterministic", *options)


def test_every_address_keeps_the_contract(served: str, small_id: str, tmp_path: Path) -> None:
    found = run(served, tmp_path, "--phases", "examples,fuzzing", "--max-examples", "5")
    assert found.returncode == 0, found.stdout


def test_requests_in_sequence_keep_the_contract(served, small_id, tmp_path: Path) -> None:
    found = run(served, tmp_path, "--phases", "stateful", "--max-examples", "8")
    assert found.returncode == 0, found.stdout


def test_a_planted_fault_is_found(served: str, tmp_path: Path, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(analyses.saved, "listed", broken)
    only = "--include-path", "/analyses", "--include-method", "GET"
    found = run(served, tmp_path, "--phases", "fuzzing", "--max-examples", "5", *only)
    assert found.returncode == 1
    assert "Server error" in found.stdout
