"""What the README says to type works."""

import random
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
DOCS = (
    *(
        "docs/actions.md",
        "docs/api.md",
        "docs/columns.md",
        "docs/models.md",
        "docs/performance.md",
        "docs/reading.md",
        "docs/recommendations.md",
        "docs/security.md",
        "docs/signing-in.md",
        "docs/shop-database.md",
    ),
    "docs/tutorials.md",
    "docs/walkthrough.md",
)
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", *DOCS)


def blocks(language: str) -> list[str]:
    """Code blocks of a language, without those after a line `<!-- not run -->`."""
    pattern = rf"(<!-- not run -->\s*)?```{language}\n(.*?)```"
    return [body for skipped, body in re.findall(pattern, README, re.DOTALL) if not skipped]


def commands() -> list[str]:
    return [line for body in blocks("sh") for line in body.splitlines() if line]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_that_is_named_exists(document: str) -> None:
    named = set(re.findall(r"^make ([a-z]+)$|`make ([a-z]+)`", (ROOT / document).read_text(), re.M))
    assert {one or other for one, other in named} <= targets()


def test_the_two_commands_of_the_readme_are_there() -> None:
    assert {"make run", "make test"} <= set(commands())


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text().splitlines()
    assert "make test" in script
    assert "make lint" in script
    assert "set -euo pipefail" in script


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_linked_exists(document: str) -> None:
    page = ROOT / document
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("command", commands())
def test_every_command_names_files_and_modules_that_exist(command: str) -> None:
    words = shlex.split(command)
    assert words[0] in ("make", "python3", ".venv/bin/python")
    for word in words[1:]:
        if re.fullmatch(r"[a-z_-]+\.(txt|py)", word):
            assert (ROOT / word).exists(), word


@pytest.mark.parametrize("command", [c for c in commands() if " -m clv " in c])
def test_every_command_line_of_clv_is_understood(command: str) -> None:
    from clv.__main__ import _parser

    options = _parser().parse_args(shlex.split(command)[3:])
    assert options.command in ("analyse", "check", "mapping", "shop")


@pytest.mark.parametrize("block", blocks("python"))
def test_every_python_example_runs(
    block: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    chance = random.Random(1)
    lines = ["customer,date,amount"]
    for customer in range(400):
        for month in range(1, chance.randint(2, 13)):
            if month == 1 or chance.random() < 0.4:
                day, amount = chance.randint(1, 28), chance.randint(5, 90)
                lines.append(f"C{customer},2023-{month:02}-{day:02},{amount}.50")
    (tmp_path / "orders.csv").write_text("\n".join(lines) + "\n")
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "<example in README.md>", "exec"), {})
    assert "predicted_clv" in capsys.readouterr().out


def test_the_app_starts_with_the_page_that_the_readme_describes() -> None:
    launcher = (ROOT / "streamlit_app.py").read_text()
    assert "st.App(" in launcher
    assert (ROOT / "clv" / "ui" / "app.py").exists()
