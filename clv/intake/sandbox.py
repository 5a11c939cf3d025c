"""Runs the parsing of an upload, and the cleaning of a big one, in a throw-away child process.

Hostile or damaged files crash, hang or eat memory in every parser there is. Here that ends a
child, never the server: whatever happens to it becomes an UnreadableFile in two sentences.
What big work takes goes back to the system with the child.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from clv import engine, errors
from clv.errors import CLVError, UnreadableFile

MEMORY_BYTES: Final = 3 << 30  # for parsing
ENGINE_MEMORY: Final = "1200MB"
CPU_SECONDS: Final = 20
CPU_BYTES_PER_SECOND: Final = 4_000_000  # slow enough for the careful reader on two cores
FILE_BYTES: Final = 16 << 30
_CHILD: Final = Path(__file__).with_name("child.py")
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME", "CLV_MAX_FILE_BYTES")


@dataclass(frozen=True)
class Work:
    """What the child may take for a kind of work, and what is said when it fails.

    memory: bytes of address space, None: MEMORY_BYTES; engine: the engine's part of it;
    bytes_per_second: of the file, that it must reach; too_long, too_much, failed: message and hint.
    """

    memory: int | None
    engine: str
    bytes_per_second: int
    too_long: tuple[str, str]
    too_much: tuple[str, str]
    failed: tuple[str, str]


READING: Final = Work(
    memory=None,
    engine=ENGINE_MEMORY,
    bytes_per_second=CPU_BYTES_PER_SECOND,
    too_long=(
        "Reading the file took too long and was stopped.",
        "Save it as CSV or Parquet with the needed columns only, or split it.",
    ),
    too_much=(
        "The file needs more memory than one upload may take.",
        "Save it as CSV or Parquet with the needed columns only, or split it.",
    ),
    failed=(
        "The file could not be read: it is damaged or not what it seems to be.",
        "Open it in the program that made it and save it again as CSV (UTF-8).",
    ),
)
CLEANING: Final = Work(
    memory=8 << 30,
    engine="2GB",
    bytes_per_second=500_000,  # of the packed table, or of its rows at a hundred bytes each
    too_long=(
        "Applying the rules to the rows took too long and was stopped.",
        "Leave out columns that are not needed, or split the file by year.",
    ),
    too_much=(
        "Applying the rules to the rows needs more memory than one file may take.",
        "Leave out columns that are not needed, or split the file by year.",
    ),
    failed=(
        "The rules could not be applied to the rows of the file.",
        "Check the columns that were chosen, or read the file afresh.",
    ),
)


def run(request: dict[str, Any], *, size: int, work: Work = READING) -> dict[str, Any]:
    """Have the child answer `request`; more time for bigger files. Raises CLVError only."""
    seconds = CPU_SECONDS + size // work.bytes_per_second
    with tempfile.TemporaryDirectory(prefix="reading-", dir=engine.workspace()) as folder:
        limits = {"memory": work.memory or MEMORY_BYTES, "cpu": seconds, "file": FILE_BYTES}
        message = json.dumps({**request, "folder": folder, "limits": limits})
        # Threads share this process, so no fork-time hooks: the child limits itself first.
        process = subprocess.Popen(
            [sys.executable, "-P", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(work),
            cwd=folder,
            start_new_session=True,
        )
        try:
            out, _ = process.communicate(message.encode(), timeout=2 * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise UnreadableFile(*work.too_long) from None
    return _answer(out, process.returncode, work)


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


def _environment(work: Work) -> dict[str, str]:
    """No secrets of the server; the engine a little smaller than the child's own limit."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {
        **kept,
        "CLV_DATA_DIR": str(engine.workspace().resolve()),
        "CLV_MEMORY_LIMIT": work.engine,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _answer(out: bytes, status: int, work: Work) -> dict[str, Any]:
    stopped = status in (-signal.SIGXCPU, -signal.SIGKILL)
    died = UnreadableFile(*(work.too_long if stopped else work.failed))
    try:
        answer: dict[str, Any] = json.loads(out)
    except ValueError:
        raise died from None
    if "failed" in answer:
        raise UnreadableFile(*(work.too_much if answer["failed"] == "memory" else work.failed))
    if "error" in answer:
        raise _error(answer) or died
    return answer


def _error(answer: dict[str, Any]) -> CLVError | None:
    """The child's error with all that it carries; None where the answer is no error of ours."""
    kind = getattr(errors, answer.pop("error"), None)
    if not (isinstance(kind, type) and issubclass(kind, CLVError)):
        return None
    try:
        return kind(**answer)
    except TypeError:
        return None
