"""Plain values from a stranger's JSON, turned into the frozen dataclasses that they describe.

The types that a dataclass declares are the one description of what is allowed: nothing is
converted by the way, left out, or taken for something else.
"""

import json
import math
from collections import Counter
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_SHOWN: Final = 40
_WORDS: Final = {
    str: "text", bool: "true or false", int: "a whole number", float: "a number",
    date: "a day like 2024-12-31", NoneType: "null",
}  # fmt: skip


class WrongShape(ValueError):
    """What is wrong with the plain values, as the end of a sentence: "'cap' must be ..."."""


def parse(text: str) -> Any:
    """The values in a JSON text; a name that is given twice, NaN and Infinity are refused."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise WrongShape("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise WrongShape(f"it is no JSON (line {error.lineno})") from None


def build(kind: type[T], content: Any, where: str = "") -> T:
    """A dataclass from a dict of plain values; WrongShape says which one is amiss."""
    if not isinstance(content, dict):
        raise WrongShape(f"{_name(where)} must be an object")
    hints = get_type_hints(kind)
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    for name in content:
        if name not in known:
            raise WrongShape(f"nothing in it is called {_name(_inside(where, name))}")
    for name, field in known.items():
        if name not in content and field.default is MISSING and field.default_factory is MISSING:
            raise WrongShape(f"{_name(_inside(where, name))} is missing")
    return kind(
        **{name: _value(hints[name], v, _inside(where, name)) for name, v in content.items()}
    )


def _value(kind: Any, content: Any, where: str) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        if content is None and NoneType in inner:
            return None
        (other,) = (each for each in inner if each is not NoneType)
        return _value(other, content, where)
    if origin is Literal:
        if not isinstance(content, str) or content not in inner:
            raise WrongShape(f"{_name(where)} must be one of {', '.join(inner)}")
        return content
    if origin is tuple:
        return _tuple(inner, content, where)
    if isinstance(kind, type) and is_dataclass(kind):
        return build(kind, content, where)
    return _single(kind, content, where)


def _tuple(inner: tuple[Any, ...], content: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(content, list | tuple):
        raise WrongShape(f"{_name(where)} must be a list")
    if inner[-1] is not Ellipsis and len(inner) != len(content):
        raise WrongShape(f"{_name(where)} must be a list of {len(inner)}")
    kinds = [inner[0]] * len(content) if inner[-1] is Ellipsis else inner
    return tuple(
        _value(kind, each, f"{where}[{place}]")
        for place, (kind, each) in enumerate(zip(kinds, content, strict=True))
    )


def _single(kind: Any, content: Any, where: str) -> Any:
    fits = type(content) is kind or (kind is float and type(content) is int)
    try:
        if kind is date and isinstance(content, str):
            return date.fromisoformat(content)
        if fits and kind is float and math.isfinite(content):
            return float(content)
        if fits and kind is str:
            content.encode()  # half of a character is no text
            fits = "\0" not in content
    except (ValueError, OverflowError):
        fits = False
    if not fits or kind is float:
        raise WrongShape(f"{_name(where)} must be {_WORDS[kind]}")
    return content


def _inside(where: str, name: object) -> str:
    text = str(name).encode(errors="replace").decode()
    text = text if len(text) <= _SHOWN else text[:_SHOWN] + " ..."
    return f"{where}.{text}" if where else text


def _name(where: str) -> str:
    return f"'{where}'" if where else "it"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    counts = Counter(name for name, _ in pairs)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise WrongShape(f"{_name(_inside('', twice[0]))} is given twice")
    return dict(pairs)


def _no_number(text: str) -> Any:
    raise WrongShape(f"{text} is no number")
