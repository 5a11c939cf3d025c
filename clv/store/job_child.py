"""One analysis from a file, an example or the shop database to a saved analysis.

Run by the worker as a process of its own, so that it can be stopped: the job comes in as JSON,
every stage goes out as a line of JSON, and at the end {"result": id} or {"error", "hint"}.
It saves when told to go on, so that what is cancelled is either not saved or known by its id.
Where the worker's end of the pipe closes, this process ends too.
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from clv import shapes
from clv.analysis import evaluate, prepare
from clv.errors import CLVError, InvalidSettings, NotFound
from clv.intake import inbox
from clv.intake.combine import read
from clv.intake.corrections import Corrections
from clv.intake.demo import demo
from clv.intake.recipe import Recipe
from clv.intake.sources import RawTable, ReadOptions
from clv.intake.suggest_customers import suggest_shape
from clv.settings import Rules, Settings
from clv.store import open_store, saved
from clv.store.jobs import STAGES
from clv.store.shop import source
from clv.store.shop.database import open_shop

SAVING: Final = STAGES[-1]
NICE: Final = 5
Say = Callable[[str], None]


def settings_of(plain: dict[str, Any]) -> Settings:
    """Settings from plain values; InvalidSettings where they are none."""
    try:
        return shapes.build(Settings, plain)
    except shapes.WrongShape as error:
        raise InvalidSettings(
            f"The settings cannot be understood: {error}.", "See /api/docs for what they can be."
        ) from None


def analyse(owner: str, request: dict[str, Any], say: Say) -> str:
    """Do what a job asks for; the id of the saved analysis."""
    settings = settings_of(request["settings"])
    say("reading")
    raw = _raw(request)
    say("mapping")
    recipe = _recipe(request, raw)
    say("cleaning")
    shop = recipe.clean(raw)
    say("testing and fitting")
    prepared = prepare(shop, settings)
    say("valuing")
    analysis = evaluate(prepared, settings)
    say(SAVING)
    name = request["name"] or raw.name
    return saved.save(open_store(), owner, analysis, name=name, recipe=recipe).id


def _raw(request: dict[str, Any]) -> RawTable:
    if request["demo"]:
        return demo(request["demo"])
    if request["shop_database"]:
        return source.orders(open_shop())
    for one in inbox.arrived(request["files_of"]):
        if one.id == request["file"]:
            return read(one.path, ReadOptions(**(request["read"] or {})), name=one.name)
    raise NotFound("The file is no longer there.", "Send it again.")


def _recipe(request: dict[str, Any], raw: RawTable) -> Recipe:
    given = request["recipe"] or request["mapping"]
    if given is None and request["shop_database"]:
        found = source.recipe(raw)
    elif given is None:
        found = Recipe.of(raw, suggest_shape(raw), Rules(), Corrections())
    else:
        found = Recipe.from_json(json.dumps(given)).for_file(raw)
    if request["refunds"]:
        found = replace(found, rules=replace(found.rules, refunds=request["refunds"]))
    return found


def main() -> None:
    """Read the job from standard input and do it."""
    os.nice(NICE)  # the pages come first
    job = json.loads(sys.stdin.readline())
    go_on = threading.Event()
    threading.Thread(target=_listen, args=(go_on,), daemon=True).start()

    def say(stage: str) -> None:
        print(json.dumps({"stage": stage}), flush=True)
        if stage == SAVING:
            go_on.wait()

    try:
        answer = {"result": analyse(job["owner"], job["request"], say)}
    except CLVError as error:
        answer = {"error": error.message, "hint": error.hint}
    print(json.dumps(answer), flush=True)


def _listen(go_on: threading.Event) -> None:
    for _ in sys.stdin:
        go_on.set()
    os._exit(1)


if __name__ == "__main__":
    main()
