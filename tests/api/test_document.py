"""What docs/api.md says to type works, word for word."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "api.md").read_text()
SCRIPT = "\n".join(re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL))


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_whole_walk_works(served: str, tmp_path: Path) -> None:
    script = SCRIPT.replace("http://localhost:8501", served)
    told = f"python() {{ '{sys.executable}' \"$@\"; }}\nset -euo pipefail\n{script}"
    done = subprocess.run(
        ["bash", "-c", told],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "'customer_id': 'somebody new'" in done.stdout
    ranked = re.findall(r"^(C\d+) (\d+\.\d+)$", done.stdout, re.MULTILINE)
    values = [float(value) for _, value in ranked]
    assert len(ranked) == 23
    assert values == sorted(values, reverse=True)


def test_every_link_leads_to_an_operation() -> None:
    from clv.api.app import create_app

    paths = create_app().openapi()["paths"]
    operations = [told for of in paths.values() for told in of.values()]
    known = [told["operationId"] for told in operations]
    assert len(set(known)) == len(known)
    answers = [answer for told in operations for answer in told["responses"].values()]
    linked = [link for answer in answers for link in answer.get("links", {}).values()]
    assert len(linked) > 20
    assert {link["operationId"] for link in linked} <= set(known)


def test_every_limit_that_is_named_is_read_somewhere() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "clv").rglob("*.py"))
    for variable in set(re.findall(r"CLV_[A-Z_]+", DOCUMENT)):
        assert f'"{variable}"' in code


def test_every_address_that_is_named_is_there() -> None:
    from clv.api.app import create_app

    paths = create_app().openapi()["paths"]
    patterns = [re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in paths]
    for address in re.findall(r"\$API(/[^\"? ]*)", DOCUMENT):
        assert any(pattern.fullmatch(address) for pattern in patterns), address
