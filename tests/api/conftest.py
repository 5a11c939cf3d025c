"""A served API with one small saved analysis, and what a program holds to talk to it."""

from collections.abc import Callable, Iterator

import httpx
import pytest

import clv
from clv.store import LOCAL, open_store, saved
from scripts.running_api import new_token, serve_api
from tests.store.small_shop import small_analysis

Client = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with folders of its own, one for the tests of a file."""
    folder = tmp_path_factory.mktemp("api")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLV_DATA_DIR", str(folder / "data"))
        patch.setenv("CLV_STORE_DIR", str(folder / "store"))
        patch.delenv("CLV_STORE_URL", raising=False)
        with serve_api() as url:
            yield url
        open_store().engine.dispose()


@pytest.fixture
def client(served: str) -> Iterator[Client]:
    """Function that opens a connection: client("read"), client("read", "write", owner="ann")."""
    opened = []

    def connect(*scopes: str, owner: str = LOCAL, token: str | None = None) -> httpx.Client:
        secret = new_token(*scopes, owner=owner) if token is None else token
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        made = httpx.Client(base_url=f"{served}/api", headers=headers, trust_env=False, timeout=60)
        opened.append(made)
        return made

    yield connect
    for each in opened:
        each.close()


@pytest.fixture
def api(client: Client) -> httpx.Client:
    """A connection that may read and write."""
    return client("read", "write")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, served: str) -> clv.Analysis:
    """Forty customers over a year."""
    return small_analysis(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def small_id(small: clv.Analysis, served: str) -> str:
    """The same, saved."""
    return saved.save(open_store(), LOCAL, small, name="Small").id
