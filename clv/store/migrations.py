"""The tables of the catalogue, step by step: a store of any age is brought up to date when opened.

A step is never changed once it was used; what is new is a new step at the end.
"""

import time
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from clv.errors import StoreProblem

Step = tuple[str, tuple[str, ...] | Callable[[sa.Connection], None]]

STEPS: Final[tuple[Step, ...]] = (
    (
        "saved analyses",
        (
            """
            CREATE TABLE saved (
                id TEXT PRIMARY KEY,
                owner TEXT NOT NULL,
                name TEXT NOT NULL,
                data_name TEXT NOT NULL,
                row_count BIGINT NOT NULL,
                customers BIGINT NOT NULL,
                revenue DOUBLE PRECISION NOT NULL,
                predicted_clv DOUBLE PRECISION,
                first_day TEXT NOT NULL,
                last_day TEXT NOT NULL,
                settings TEXT NOT NULL,
                view_query TEXT NOT NULL,
                saved_at DOUBLE PRECISION NOT NULL
            )
            """,
            "CREATE INDEX saved_by_owner ON saved (owner, saved_at)",
            """
            CREATE TABLE saved_files (
                saved_id TEXT NOT NULL REFERENCES saved (id) ON DELETE CASCADE,
                part TEXT NOT NULL,
                file TEXT NOT NULL,
                size BIGINT NOT NULL,
                PRIMARY KEY (saved_id, part)
            )
            """,
            "CREATE INDEX saved_files_by_file ON saved_files (file)",
        ),
    ),
    (
        "links, tokens and the audit log",
        (
            """
            CREATE TABLE links (
                id TEXT PRIMARY KEY,
                token_hash TEXT NOT NULL UNIQUE,
                saved_id TEXT NOT NULL REFERENCES saved (id) ON DELETE CASCADE,
                owner TEXT NOT NULL,
                view_query TEXT NOT NULL,
                pseudonyms INTEGER NOT NULL,
                downloads INTEGER NOT NULL,
                password_salt TEXT,
                password_hash TEXT,
                created_at DOUBLE PRECISION NOT NULL,
                expires_at DOUBLE PRECISION NOT NULL,
                revoked_at DOUBLE PRECISION,
                opened BIGINT NOT NULL,
                last_opened DOUBLE PRECISION
            )
            """,
            "CREATE INDEX links_by_owner ON links (owner, created_at)",
            """
            CREATE TABLE access_tokens (
                id TEXT PRIMARY KEY,
                secret_hash TEXT NOT NULL UNIQUE,
                owner TEXT NOT NULL,
                name TEXT NOT NULL,
                scopes TEXT NOT NULL,
                created_at DOUBLE PRECISION NOT NULL,
                expires_at DOUBLE PRECISION,
                revoked_at DOUBLE PRECISION,
                last_used DOUBLE PRECISION
            )
            """,
            "CREATE INDEX access_tokens_by_owner ON access_tokens (owner, created_at)",
            """
            CREATE TABLE audit (
                id TEXT PRIMARY KEY,
                at DOUBLE PRECISION NOT NULL,
                owner TEXT NOT NULL,
                action TEXT NOT NULL,
                subject TEXT NOT NULL,
                detail TEXT NOT NULL
            )
            """,
            "CREATE INDEX audit_by_owner ON audit (owner, at)",
        ),
    ),
    (
        "jobs",
        (
            """
            CREATE TABLE jobs (
                id TEXT PRIMARY KEY,
                owner TEXT NOT NULL,
                request TEXT NOT NULL,
                slot TEXT UNIQUE,
                state TEXT NOT NULL,
                stage TEXT NOT NULL,
                made_at DOUBLE PRECISION NOT NULL,
                started_at DOUBLE PRECISION,
                ended_at DOUBLE PRECISION,
                seen_at DOUBLE PRECISION,
                worker TEXT,
                error TEXT,
                hint TEXT,
                result TEXT
            )
            """,
            "CREATE INDEX jobs_by_state ON jobs (state, made_at)",
            """
            CREATE TABLE job_keys (
                key TEXT PRIMARY KEY,
                slot TEXT NOT NULL,
                job TEXT NOT NULL
            )
            """,
        ),
    ),
)
_ONE_AT_A_TIME: Final = 0x636C76  # the advisory lock of PostgreSQL that stands for "migrating"


def migrate(catalogue: sa.Engine, steps: tuple[Step, ...] = STEPS) -> None:
    """Apply the steps that are missing, in order, in one transaction, whoever else does the same.

    Raises StoreProblem where the store knows steps that this program does not.
    """
    with catalogue.begin() as connection:
        if catalogue.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
        connection.exec_driver_sql(
            "CREATE TABLE IF NOT EXISTS schema_steps "
            "(name TEXT PRIMARY KEY, applied_at DOUBLE PRECISION NOT NULL)"
        )
        known = sa.table("schema_steps", sa.column("name"), sa.column("applied_at"))
        applied = set(connection.scalars(sa.select(known.c.name)))
        if applied - {name for name, _ in steps}:
            raise StoreProblem(
                "The store of saved analyses was made by a newer version of this program.",
                "Install that version again, or set CLV_STORE_DIR to another folder.",
            )
        for name, step in steps:
            if name not in applied:
                _apply(connection, step)
                connection.execute(known.insert().values(name=name, applied_at=time.time()))


def _apply(
    connection: sa.Connection, step: tuple[str, ...] | Callable[[sa.Connection], None]
) -> None:
    if callable(step):
        step(connection)
        return
    for statement in step:
        connection.exec_driver_sql(statement)
