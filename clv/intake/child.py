"""The throw-away process that does one piece of work: a request in, an answer out, as JSON.

Started by `clv.intake.sandbox` as a script.
"""

import json
import sys
import types
from pathlib import Path
from typing import Any


def main() -> None:
    """Read the request, take on its limits, do the work, answer."""
    request = json.load(sys.stdin)
    answer = _answer(request)
    json.dump(answer, sys.stdout)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    from clv.errors import CLVError
    from clv.intake.sandbox import limit_this_process

    limit_this_process(request["limits"])
    try:
        return work(request)
    except CLVError as error:
        return {"error": type(error).__name__, **vars(error)}
    except MemoryError:
        return {"failed": "memory"}
    except Exception as error:
        # Any parser may fail in its own words; none of them belong on a page.
        return {"failed": "memory" if type(error).__name__ == "OutOfMemoryException" else "work"}


def work(request: dict[str, Any]) -> dict[str, Any]:
    """Read or clean, as the request says; its `folder` takes what is left over."""
    if "clean" in request:
        from clv.intake.cleaning import clean_here

        return clean_here(request["clean"])
    from clv.intake.reading import parse

    return parse(
        Path(request["source"]),
        Path(request["target"]),
        Path(request["folder"]),
        request["options"],
    )


if __name__ == "__main__":
    # The package without its __init__: the child needs none of the models, and starts faster.
    package = types.ModuleType("clv")
    package.__path__ = [str(Path(__file__).resolve().parents[1])]
    sys.modules["clv"] = package
    main()
