"""What was decided about each table: its recipe, from the suggestion on, for this session.

A recipe of an earlier file with the same columns is taken by itself, and says so, unless the
data speak against it. Recipes that visitors ask to remember lie in a folder of the server:
CLV_RECIPE_DIR, or one in the workspace while only this computer is served.
"""

import hashlib
import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import streamlit as st

from clv import engine
from clv.errors import CLVError
from clv.intake.corrections import Corrections
from clv.intake.customer_mapping import CustomerMapping
from clv.intake.mapping import Mapping
from clv.intake.recipe import Recipe, identity, own_columns
from clv.intake.sources import RawTable
from clv.intake.suggest import Suggestion, suggest
from clv.intake.suggest_customers import propose_customers, suggest_customers
from clv.schema import AMOUNT
from clv.settings import Rules
from clv.store.shop.source import is_orders
from clv.ui.shop_door import shop_recipe

LIFE: Final = "12h"
_ALONE: Final = ("localhost", "127.0.0.1", "::1")
_KEPT: Final = 200


@dataclass(frozen=True)
class Taken:
    """A recipe of an earlier file: taken by itself, or only offered because the data differ."""

    recipe: Recipe
    differences: tuple[str, ...]
    offered: bool


@dataclass(frozen=True)
class Kept:
    """A recipe that was remembered, the file it lies in, and when that was written."""

    recipe: Recipe
    path: Path
    written: datetime


def recipe(raw: RawTable) -> Recipe:
    """The recipe in force for a table."""
    kept = _recipes().get(raw.path.name)
    return kept if isinstance(kept, Recipe) else _first(raw)


def set_recipe(raw: RawTable, chosen: Recipe) -> None:
    """Keep what was decided about a table."""
    recipes = _recipes()
    recipes.pop(raw.path.name, None)  # the latest decision stands last
    recipes[raw.path.name] = replace(
        chosen, header=own_columns(raw), made_for=identity(raw), name=raw.name
    )


def change(raw: RawTable, **parts: Any) -> None:
    """Change the mapping, the rules or the corrections of a table."""
    set_recipe(raw, replace(recipe(raw), **parts))


def change_rules(raw: RawTable, **changes: Any) -> None:
    """Change some cleaning rules of a table."""
    change(raw, rules=replace(recipe(raw).rules, **changes))


def start_afresh(raw: RawTable) -> None:
    """Forget what was decided about a table, and take the suggestion."""
    _taken().pop(raw.path.name, None)
    _recipes().pop(raw.path.name, None)
    _new_boxes()


def mark(raw: RawTable) -> str:
    """For the keys of widgets: another text when all that is decided was replaced at once."""
    return f"{raw.path.name}_{st.session_state.get('recipe_turn', 0)}"


def use(raw: RawTable, chosen: Recipe) -> None:
    """Use a recipe of another file; raises InvalidMapping where a column is missing."""
    here = chosen.for_file(raw)
    differences = chosen.differences(raw)
    set_recipe(raw, here)
    _taken()[raw.path.name] = Taken(chosen, differences, offered=False)
    st.session_state["pending_refunds"] = here.rules.refunds
    _new_boxes()


def taken(raw: RawTable) -> Taken | None:
    """The recipe of an earlier file that this table was given, or is offered."""
    recipe(raw)
    found = _taken().get(raw.path.name)
    return found if isinstance(found, Taken) else None


def suggestion(raw: RawTable) -> Suggestion:
    """What is suggested for a table of orders, with how sure each role is."""
    return _suggest(raw.path.name, raw)


def proposed_customers(raw: RawTable) -> CustomerMapping:
    """The best guess for a table that is said to have one row per customer."""
    return _propose_customers(raw.path.name, raw)


def can_remember() -> bool:
    """Whether recipes may be kept on the server: by its owner's wish, or on one's own computer."""
    return bool(os.environ.get("CLV_RECIPE_DIR")) or st.get_option("server.address") in _ALONE


def remember(chosen: Recipe) -> None:
    """Keep a recipe for the next file with the same columns; the same columns replace it."""
    name = hashlib.sha256(repr(sorted(chosen.header)).encode()).hexdigest()[:24]
    engine.write_text(_folder() / f"{name}.json", chosen.to_json())


def remembered(raw: RawTable) -> list[Kept]:
    """Recipes that are kept on the server for files with these columns, the latest first."""
    if not can_remember():
        return []
    return [kept for kept in _kept() if kept.recipe.same_header(raw)]


def forget(kept: Kept) -> None:
    """Keep a recipe no longer; a file that was read with it stays as it is."""
    kept.path.unlink(missing_ok=True)


def _first(raw: RawTable) -> Recipe:
    """For a table seen for the first time: a recipe used before, else the suggestion."""
    if is_orders(raw):
        return _of_shop(raw)
    seen = st.session_state.setdefault("recipes_seen", set())
    if raw.path.name in seen:
        return _suggested(raw)
    seen.add(raw.path.name)
    for earlier in _earlier():
        if not (earlier.same_header(raw) and earlier.fits(raw)):
            continue
        against = earlier.contradictions(raw)
        _taken()[raw.path.name] = Taken(earlier, earlier.differences(raw), offered=bool(against))
        if not against:
            chosen = earlier.for_file(raw)
            set_recipe(raw, chosen)
            if chosen.rules.refunds != "net":
                st.session_state["pending_refunds"] = chosen.rules.refunds
                st.rerun()
            return chosen
    return _suggested(raw)


def _of_shop(raw: RawTable) -> Recipe:
    """The orders of the shop database as they are known, cleaned as was decided before."""
    fresh = shop_recipe(raw)
    for earlier in reversed(_recipes().values()):
        if isinstance(earlier, Recipe) and earlier.name == raw.name and earlier.same_header(raw):
            kept = earlier.corrections.for_other_file()
            return replace(fresh, rules=earlier.rules, corrections=kept)
    return fresh


def _new_boxes() -> None:
    st.session_state["recipe_turn"] = st.session_state.get("recipe_turn", 0) + 1


def _suggested(raw: RawTable) -> Recipe:
    mapping = _suggest_customers(raw.path.name, raw) or suggestion(raw).mapping
    if isinstance(mapping, Mapping) and mapping.column(AMOUNT) in raw.repeated:
        mapping = replace(mapping, amount_of="order")
    return Recipe.of(raw, mapping, Rules(), Corrections())


def _earlier() -> list[Recipe]:
    """Recipes decided on in this session, the latest first, then those remembered."""
    decided = [r for r in reversed(_recipes().values()) if isinstance(r, Recipe)]
    if can_remember():
        decided += [kept.recipe for kept in _kept()]
    return decided


def _kept() -> list[Kept]:
    """What was remembered, the latest first."""
    found = []
    for path in sorted(_folder().glob("*.json"), key=lambda path: -path.stat().st_mtime)[:_KEPT]:
        try:
            recipe = Recipe.load(path)
        except CLVError:
            continue
        found.append(Kept(recipe, path, datetime.fromtimestamp(path.stat().st_mtime)))
    return found


def _folder() -> Path:
    told = os.environ.get("CLV_RECIPE_DIR")
    folder = Path(told) if told else engine.workspace() / "recipes"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _recipes() -> dict[str, Any]:
    found: dict[str, Any] = st.session_state.setdefault("recipes", {})
    return found


def _taken() -> dict[str, Any]:
    found: dict[str, Any] = st.session_state.setdefault("recipes_taken", {})
    return found


@st.cache_resource(max_entries=16, ttl=LIFE, show_spinner="Looking at the columns ...")
def _suggest(key: str, _raw: RawTable) -> Suggestion:
    return suggest(_raw)


@st.cache_resource(max_entries=16, ttl=LIFE, show_spinner="Looking at the columns ...")
def _suggest_customers(key: str, _raw: RawTable) -> CustomerMapping | None:
    return suggest_customers(_raw)


@st.cache_resource(max_entries=16, ttl=LIFE, show_spinner="Looking at the columns ...")
def _propose_customers(key: str, _raw: RawTable) -> CustomerMapping:
    return propose_customers(_raw)
