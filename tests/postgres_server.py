"""A real PostgreSQL of the tests' own, where its programs are installed."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


def programs() -> Path | None:
    """The folder of initdb and postgres."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """An empty server; its address with the rights to write. Skips where it cannot run."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    found, who = programs(), None
    if found is None:
        pytest.skip("PostgreSQL's own programs (initdb, postgres) are not installed.")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.getuid() == 0:  # it does not run as root
        try:
            who = pwd.getpwnam("postgres").pw_name
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user 'postgres'.")
        shutil.chown(folder, who)
    data = folder / "data"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    secret = folder / "secret"
    secret.write_text("hunter2")
    secret.chmod(0o644)
    subprocess.run(
        [found / "initdb", "-D", data, "-U", "admin", "-A", "scram-sha-256",
         f"--pwfile={secret}", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, user=who, cwd=folder,
    )  # fmt: skip
    process = subprocess.Popen(
        [found / "postgres", "-D", data, "-p", str(port), "-k", folder, "-F",
         "-c", "listen_addresses=127.0.0.1", "-c", "timezone=Europe/Berlin"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=who, cwd=folder,
    )  # fmt: skip
    try:
        url = f"postgresql://admin:hunter2@127.0.0.1:{port}/postgres"
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(url: str) -> None:
    import psycopg

    for _ in range(100):
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(url).close()
            return
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start")
