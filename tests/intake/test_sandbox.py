"""Whatever happens to the child, the parent raises one CLVError with two sentences."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clv import engine
from clv.errors import NotEnoughData, UnreadableFile
from clv.intake import sandbox

LIMITED = (
    "import json, sys\n"
    "sys.path.insert(0, {root!r})\n"
    "from clv.intake.sandbox import limit_this_process\n"
    "limit_this_process(json.load(sys.stdin)['limits'])\n"
)


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Replace the child by a script of these lines."""

    def use(code: str, *, limited: bool = False) -> None:
        script = tmp_path / "child.py"
        lead = LIMITED.format(root=str(Path(sandbox.__file__).parents[2])) if limited else ""
        script.write_text(lead + code)
        monkeypatch.setattr(sandbox, "_CHILD", script)

    return use


def test_a_crash_of_the_child_is_an_unreadable_file(child):
    child("import os; os.abort()")
    with pytest.raises(UnreadableFile, match="damaged or not what it seems"):
        sandbox.run({}, size=0)


def test_a_child_that_sleeps_is_stopped(child, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "CPU_SECONDS", 0.25)
    child("import time; time.sleep(60)")
    started = time.monotonic()
    with pytest.raises(UnreadableFile, match="too long"):
        sandbox.run({}, size=0)
    assert time.monotonic() - started < 5


def test_a_child_that_computes_for_ever_is_stopped(child, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "CPU_SECONDS", 1)
    child("while True: pass", limited=True)
    with pytest.raises(UnreadableFile, match="too long"):
        sandbox.run({}, size=0)


def test_memory_beyond_the_limit_is_refused_to_the_child(child, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "MEMORY_BYTES", 1 << 30)
    child("bytearray(2 << 30)", limited=True)
    with pytest.raises(UnreadableFile):
        sandbox.run({}, size=0)


def test_errors_keep_their_class_and_sentences(child):
    child('print(\'{"error": "NotEnoughData", "message": "None.", "hint": "More."}\')')
    with pytest.raises(NotEnoughData) as caught:
        sandbox.run({}, size=0)
    assert (caught.value.message, caught.value.hint) == ("None.", "More.")


@pytest.mark.parametrize("name", ["__builtins__", "Final", "no such class"])
def test_the_child_cannot_name_any_other_class(child, name: str):
    child(f'print(\'{{"error": "{name}", "message": "a", "hint": "b"}}\')')
    with pytest.raises(UnreadableFile):
        sandbox.run({}, size=0)


def test_the_child_does_not_see_the_secrets_of_the_server(child, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CLV_SECRET", "token")
    child("import json, os; print(json.dumps(dict(os.environ)))")
    assert "CLV_SECRET" not in sandbox.run({}, size=0)


def test_nothing_is_left_behind(child):
    child("import os; open('left', 'w').close(); os.abort()")
    with pytest.raises(UnreadableFile):
        sandbox.run({}, size=0)
    assert not list(engine.workspace().glob("reading-*"))


def test_the_child_runs_without_the_models_and_without_pandas():
    code = (
        "import runpy, sys, io\n"
        'sys.stdin = io.StringIO(\'{"limits": {"memory": 1 << 40}}\')\n'
        "try: runpy.run_path(sys.argv[1], run_name='__main__')\n"
        "except BaseException: pass\n"
        "import clv.intake.reading\n"
        "print([m for m in ('pandas', 'scipy', 'streamlit', 'clv.analysis') if m in sys.modules])\n"
    )
    script = Path(sandbox.__file__).with_name("child.py")
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(script)],
        capture_output=True,
        text=True,
        env={**os.environ},
        check=True,
    )
    assert done.stdout.strip() == "[]"
