"""docs/shop-database.md says what is so."""

import re
import shlex
from pathlib import Path

import pytest

from clv.__main__ import _parser
from clv.store.shop.fields import FIELDS, Field

PAGE = Path(__file__).resolve().parents[3] / "docs" / "shop-database.md"


def tables_of_fields() -> str:
    """The part of the page that describes the columns."""
    parts = []
    for table, fields in FIELDS.items():
        lines = [f"**{table}**", "", "| column | what | kind | |", "|---|---|---|---|"]
        lines += [f"| `{f.name}` | {f.about} | {kind(f)} | {need(f)} |" for f in fields]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def kind(field: Field) -> str:
    if field.names:
        return f"key of {field.names}"
    if isinstance(field.low, int | float) and field.high is not None and field.high < 1e6:
        return f"{field.kind}, {field.low:g} to {field.high:g}"
    return f"{field.kind}, not negative" if field.low == 0 else field.kind


def need(field: Field) -> str:
    return "filled in" if field.filled else "" if field.required else "if there is one"


def test_the_columns_on_the_page_are_those_of_the_database() -> None:
    assert tables_of_fields() in PAGE.read_text()


def test_every_command_on_the_page_is_understood() -> None:
    body = "".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL))
    commands = [shlex.split(line, comments=True)[3:] for line in body.splitlines()]
    assert len(commands) == 7
    for command in commands:
        assert _parser().parse_args(command).command == "shop"


def test_the_python_on_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (body,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(body, f"<{PAGE.name}>", "exec"), names)
    assert len(names["page"].rows) == 1  # type: ignore[attr-defined]
