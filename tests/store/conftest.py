"""A store of its own for each test, and small shops to keep in it."""

from pathlib import Path

import pytest

import clv
from clv.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store in SQLite."""
    monkeypatch.setenv("CLV_STORE_DIR", str(tmp_path / "store"))
    monkeypatch.delenv("CLV_STORE_URL", raising=False)
    opened = open_store()
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> clv.Analysis:
    """An analysis of forty customers over a year, made in a moment; it has contacts and gaps."""
    from tests.store.small_shop import small_analysis

    return small_analysis(tmp_path_factory.mktemp("small"))
