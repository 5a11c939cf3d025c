"""Parsing without the child process, for tests of what is parsed."""

import tempfile
from pathlib import Path

import pytest

from clv import engine
from clv.intake import sandbox
from clv.intake.reading import parse


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch):
    """Parse in this process: the child is tested by itself, and costs half a second."""
    monkeypatch.setattr(sandbox, "run", _parse)


@pytest.fixture(scope="module")
def all_here():
    """The same for all tests of a module, property tests included."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "run", _parse)
        yield


def _parse(request, *, size):
    with tempfile.TemporaryDirectory(dir=engine.workspace()) as folder:
        paths = (Path(request["source"]), Path(request["target"]), Path(folder))
        return parse(*paths, request["options"])
