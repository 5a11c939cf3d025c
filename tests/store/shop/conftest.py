"""A shop database of each kind, empty, for one test."""

from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest
import sqlalchemy as sa

from clv.store.shop import database as opening
from clv.store.shop.database import create_shop
from tests.intake.conftest import here
from tests.intake.test_database import postgres

__all__ = ["here", "postgres"]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty shop database in a file."""
    made = create_shop(f"sqlite:///{tmp_path}/shop.db")
    yield made
    made.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty shop database, once in SQLite and once in PostgreSQL where that is installed."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/shop.db"
    else:
        url = new_database(request.getfixturevalue("postgres"))
    made = create_shop(url)
    yield made
    made.dispose()
    opening._engine.cache_clear()


def new_database(server: str) -> str:
    """The address of an empty database on the server of the tests."""
    import psycopg

    name = f"shop_{token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.removesuffix("/postgres") + f"/{name}"
