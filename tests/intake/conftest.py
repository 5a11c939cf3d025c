"""Reading and cleaning without the child process, for tests of what they make."""

import tempfile

import pytest

from clv import engine
from clv.intake import child, sandbox


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch):
    """Work in this process: the child is tested by itself, and costs half a second."""
    monkeypatch.setattr(sandbox, "run", _work)


@pytest.fixture(scope="module")
def all_here():
    """The same for all tests of a module, property tests included."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "run", _work)
        yield


def _work(request, *, size, work=sandbox.READING):
    with tempfile.TemporaryDirectory(dir=engine.workspace()) as folder:
        return child.work({**request, "folder": folder})
