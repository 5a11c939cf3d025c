"""Shared by all tests: the real files beside the project, and a private workspace."""

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no reason for an example to fail.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

SHARED = Path(__file__).resolve().parents[2] / "shared"


def real_file(relative: str) -> Path:
    """A real file beside the project, or a skip that says what is missing."""
    path = SHARED / "data" / relative
    if not path.exists():
        pytest.skip(f"real data not there: shared/data/{relative}")
    return path


@pytest.fixture
def real():
    """Function from a name under shared/data to its path; skips the test where absent."""
    return real_file


@pytest.fixture(autouse=True, scope="session")
def own_workspace(tmp_path_factory: pytest.TempPathFactory):
    """Keep the files that tests make away from the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLV_DATA_DIR", str(tmp_path_factory.mktemp("workspace")))
        yield
