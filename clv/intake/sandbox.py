"""Runs the parsing of an upload in a throw-away child process with limits.

Hostile or damaged files crash, hang or eat memory in every parser there is. Here that ends a
child, never the server: whatever happens to it becomes an UnreadableFile in two sentences.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from clv import engine, errors
from clv.errors import CLVError, UnreadableFile

MEMORY_BYTES: Final = 3 << 30
ENGINE_MEMORY: Final = "1200MB"
CPU_SECONDS: Final = 20
CPU_BYTES_PER_SECOND: Final = 4_000_000  # slow enough for the careful reader on two cores
FILE_BYTES: Final = 16 << 30
_CHILD: Final = Path(__file__).with_name("child.py")
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME", "CLV_MAX_FILE_BYTES")


def run(request: dict[str, Any], *, size: int) -> dict[str, Any]:
    """Have the child answer `request`; more time for bigger files. Raises CLVError only."""
    seconds = CPU_SECONDS + size // CPU_BYTES_PER_SECOND
    with tempfile.TemporaryDirectory(prefix="reading-", dir=engine.workspace()) as folder:
        limits = {"memory": MEMORY_BYTES, "cpu": seconds, "file": FILE_BYTES}
        message = json.dumps({**request, "folder": folder, "limits": limits})
        # Threads share this process, so no fork-time hooks: the child limits itself first.
        process = subprocess.Popen(
            [sys.executable, "-P", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            cwd=folder,
            start_new_session=True,
        )
        try:
            out, _ = process.communicate(message.encode(), timeout=2 * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise _took_too_long() from None
    return _answer(out, process.returncode)


def limit_this_process(limits: dict[str, int]) -> None:
    """Called by the child before it opens anything; a hard limit cannot be lifted again."""
    wanted = (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["cpu"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_CORE, 0),
    )
    for what, value in wanted:
        _, hard = resource.getrlimit(what)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (value, value))


def _environment() -> dict[str, str]:
    """No secrets of the server; the engine a little smaller than the child's own limit."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {
        **kept,
        "CLV_DATA_DIR": str(engine.workspace().resolve()),
        "CLV_MEMORY_LIMIT": ENGINE_MEMORY,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _answer(out: bytes, status: int) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(out)
    except ValueError:
        raise _died(status) from None
    if "error" in answer:
        kind = getattr(errors, answer["error"], UnreadableFile)
        known = isinstance(kind, type) and issubclass(kind, CLVError)
        raise (kind if known else UnreadableFile)(answer["message"], answer["hint"])
    return answer


def _died(status: int) -> UnreadableFile:
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        return _took_too_long()
    return UnreadableFile(
        "The file could not be read: it is damaged or not what it seems to be.",
        "Open it in the program that made it and save it again as CSV (UTF-8).",
    )


def _took_too_long() -> UnreadableFile:
    return UnreadableFile(
        "Reading the file took too long and was stopped.",
        "Save it as CSV or Parquet with the needed columns only, or split it.",
    )
