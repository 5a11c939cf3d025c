"""The throw-away process that opens an upload: one request in, one answer out, as JSON.

Started by `clv.intake.sandbox` as a script.
"""

import json
import sys
import types
from pathlib import Path
from typing import Any


def main() -> None:
    """Read the request, take on its limits, parse, answer."""
    request = json.load(sys.stdin)
    answer = _answer(request)
    json.dump(answer, sys.stdout)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    from clv.errors import CLVError
    from clv.intake.sandbox import limit_this_process

    limit_this_process(request["limits"])
    try:
        from clv.intake.reading import parse

        return parse(
            Path(request["source"]),
            Path(request["target"]),
            Path(request["folder"]),
            request["options"],
        )
    except CLVError as error:
        return _refusal(type(error).__name__, error.message, error.hint)
    except MemoryError:
        return _refusal(
            "UnreadableFile",
            "The file needs more memory than one upload may take.",
            "Save it as CSV or Parquet with the needed columns only, or split it.",
        )
    except Exception:
        # Any parser may fail in its own words; none of them belong on a page.
        return _refusal(
            "UnreadableFile",
            "The file could not be read: it is damaged or not what it seems to be.",
            "Open it in the program that made it and save it again as CSV (UTF-8).",
        )


def _refusal(kind: str, message: str, hint: str) -> dict[str, Any]:
    return {"error": kind, "message": message, "hint": hint}


if __name__ == "__main__":
    # The package without its __init__: the child needs none of the models, and starts faster.
    package = types.ModuleType("clv")
    package.__path__ = [str(Path(__file__).resolve().parents[1])]
    sys.modules["clv"] = package
    main()
