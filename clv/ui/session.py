"""The one owner of session state and caches: from what is asked for to the analysis shown.

Caches are keyed by content (the names of immutable files, the settings), never by session,
and what they return is not changed by anyone.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis, Prepared, evaluate, prepare
from clv.insights import movement
from clv.insights.lines import Lines, Mask
from clv.insights.revenue import monthly_revenue
from clv.insights.second_opinion import SecondOpinion
from clv.insights.second_opinion import second_opinion as ask_another
from clv.insights.selection import Selection
from clv.insights.suitability import Finding
from clv.insights.what_if import Prospects, prospects
from clv.intake.cleaning import clean
from clv.intake.combine import Plan, combine, plan
from clv.intake.demo import DEMOS, demo
from clv.intake.recipe import Recipe
from clv.intake.shop import Shop
from clv.intake.sources import RawTable, ReadOptions, read
from clv.settings import Rules, Settings
from clv.ui import ahead, decisions, filters, frozen
from clv.ui.controls import MY_FILE, SHOP, View, read_controls
from clv.ui.database_door import current_query, read_database
from clv.ui.places import page_file
from clv.ui.shop_door import shop_orders
from clv.ui.uploads import Upload, current_upload, current_uploads
from clv.validation.sensitivity import View as EarlierView
from clv.valuation import month_ends

LIFE: Final = "12h"

Answer = TypeVar("Answer")
Key = tuple[str, str, str, int, int]


def raw_table(view: View) -> RawTable | None:
    """The table behind the chosen data, or None when nothing is chosen or uploaded."""
    if view.data in DEMOS:
        return _demo(view.data)
    if view.data == SHOP:
        return shop_orders()
    asked = current_query()
    if view.data == MY_FILE and asked:
        return read_database(asked)
    if view.data != MY_FILE:
        return None
    tables = parts(view)
    if len(tables) < 2:
        return tables[0] if tables else None
    return _combine(tuple(table.path.name for table in tables), tables)


def parts(view: View) -> tuple[RawTable, ...]:
    """The tables of the files in use, one each; none where the data come from elsewhere."""
    if view.data != MY_FILE or current_query():
        return ()
    uploads = current_uploads()
    options = read_options() if len(uploads) == 1 else ReadOptions()
    return tuple(_read(upload, options) for upload in uploads)


def combination(view: View) -> Plan | None:
    """How the files in use become one table; None for a single file."""
    tables = parts(view)
    if len(tables) < 2:
        return None
    return _plan(tuple(table.path.name for table in tables), tables)


def read_options() -> ReadOptions:
    """How the visitor wants the upload to be read; everything detected by default."""
    options = st.session_state.get("read_options")
    upload = current_upload()
    # Overrides belong to one upload; the next file is detected afresh.
    if isinstance(options, tuple) and upload and options[0] == str(upload.path):
        return options[1] if isinstance(options[1], ReadOptions) else ReadOptions()
    return ReadOptions()


def set_read_options(**changes: Any) -> None:
    """Overrule what was detected for the current upload."""
    upload = current_upload()
    if upload:
        options = replace(read_options(), **changes)
        st.session_state["read_options"] = (str(upload.path), options)


def rules(view: View, raw: RawTable) -> Rules:
    """The cleaning rules in force; what refunds do is chosen in the side bar."""
    return replace(decisions.recipe(raw).rules, refunds=view.refunds)


def full_recipe(view: View, raw: RawTable) -> Recipe:
    """All that was decided about a table, to keep or to share."""
    return replace(decisions.recipe(raw), rules=rules(view, raw))


def shop(view: View) -> Shop | None:
    """Clean transactions of the chosen data; raises what the page shows as an error."""
    raw = raw_table(view)
    if raw is None:
        return None
    chosen = full_recipe(view, raw)
    return _clean((raw.path.name, chosen.to_json()), raw, chosen)


def analysis(view: View) -> Analysis | None:
    """The analysis of the chosen data under the settings of the view."""
    if frozen.is_frozen(view.data):
        return frozen.analysis_of(frozen.opened(view.data))
    clean_shop = shop(view)
    if clean_shop is None:
        return None
    return _analysed(clean_shop, view.settings())


def make_ahead(view: View, clean_shop: Shop) -> None:
    """Begin what the pages need of a big file, so that the first one does not wait for all."""
    settings = view.settings()

    def work() -> None:
        prepared = _analysed(clean_shop, settings).prepared
        if not clean_shop.by_customer:
            _lines(prepared_key(prepared), prepared)

    ahead.begin(_key(clean_shop, settings), clean_shop.ledger.used, work)


def _analysed(clean_shop: Shop, settings: Settings) -> Analysis:
    key = _key(clean_shop, settings)
    prepared = _prepare(key, clean_shop, settings)
    return _evaluate((*key, settings), prepared, settings)


def require_analysis() -> tuple[View, Analysis]:
    """The analysis for a page, the filter above it; without data, an invitation and the end."""
    view = read_controls()
    found = analysis(view)
    if found is None:
        st.info(
            "No data yet. Load an order file or try one of the examples.",
            icon=":material/upload_file:",
        )
        st.page_link(page_file("data"), label="Choose data", icon=":material/arrow_forward:")
        st.stop()
    filters.offer(
        _conditions(
            (*prepared_key(found.prepared), found.settings.tiers, found.settings.rfm), found
        )
    )
    return replace(view, where=filters.selection(found)), found


def members(view: View, found: Analysis, *, ignore: str | tuple[str, ...] = ()) -> Mask:
    """Mask over the customers that the filter keeps; `ignore` names fields to leave out."""
    selection = _except(view, ignore)
    return _mask((*prepared_key(found.prepared), found.settings), selection, found)


def _except(view: View, ignore: str | tuple[str, ...]) -> Selection:
    return view.where.without(*((ignore,) if isinstance(ignore, str) else ignore))


def among(view: View, found: Analysis) -> Analysis:
    """The analysis of the customers that the filter keeps: formula, totals and steps are theirs."""
    key = (*prepared_key(found.prepared), found.settings)
    return _among(key, view.where, found)


def ask(
    view: View,
    found: Analysis,
    question: Callable[..., Answer],
    *args: Any,
    ignore: str | tuple[str, ...] = (),
    always: bool = False,
    **kwargs: Any,
) -> Answer:
    """Put a question to the order lines of the customers that the filter keeps, once.

    question: a function of `clv.insights` whose first argument is the table of `Lines.ask`;
    args, kwargs: its further ones, hashable. ignore: fields of the filter to leave out;
    always: count orders outside the days of the filter too.
    """
    mask = members(view, found, ignore=ignore)
    days = () if always else _except(view, ignore).days
    kept = None if mask.all() else np.packbits(mask).tobytes()
    name = f"{question.__module__}.{question.__qualname__}"
    key = (*prepared_key(found.prepared), name, kept, days)
    _lines(prepared_key(found.prepared), found.prepared)  # made at the first question, with a word
    answer: Answer = _answer(key, args, kwargs, found, question, mask)
    return answer


def state_on(found: Analysis, day: date) -> pd.DataFrame:
    """What every customer was on a day of the past (`clv.insights.movement`)."""
    return _state((*prepared_key(found.prepared), day, found.settings.rfm), found, day)


@st.cache_resource(
    max_entries=8, ttl=LIFE, show_spinner=False, hash_funcs={Shop: lambda shop: shop.key}
)
def revenue_by_month(shop: Shop) -> pd.DataFrame:
    """Net revenue of every month that the file covers completely."""
    return monthly_revenue(shop.transactions, shop.first, shop.last)


def prospects_within(found: Analysis, days: int) -> Prospects | None:
    """Who orders anyway within a campaign window, and for how much; None without a model."""
    if found.valuation is None:
        return None
    return _prospects((*prepared_key(found.prepared), found.settings, days), found, days)


def findings(found: Analysis) -> tuple[Finding, ...]:
    """Whether the shop suits the models; measured once per shop."""
    return _findings(prepared_key(found.prepared), found.prepared)


def earlier_views(found: Analysis) -> tuple[EarlierView, ...]:
    """The predicted CLV as it would have looked one to three months before."""
    return _earlier((*prepared_key(found.prepared), found.settings), found)


def second_opinion(found: Analysis) -> SecondOpinion:
    """The same kind of model, fitted to a sample by another program."""
    days = float(month_ends(found.analysis_date, found.settings.horizon_months)[-1])
    prepared, fit = found.prepared, found.model.purchases
    return _second((*prepared_key(prepared), days), prepared.customers, fit, days)


def prepared_key(prepared: Prepared) -> Key:
    """What anything kept of these data is kept under."""
    return _key(prepared.shop, prepared.settings)


def _key(shop: Shop, settings: Settings) -> Key:
    """What prepared data depend on."""
    gone = settings.inactive_months, settings.long_gone_months
    return shop.key, shop.name, settings.model, *gone


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner="Reading the file ...")
def _read(upload: Upload, options: ReadOptions) -> RawTable:
    return read(upload.path, options, name=upload.name)


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner="Looking how the files fit together ...")
def _plan(key: tuple[str, ...], _tables: tuple[RawTable, ...]) -> Plan:
    return plan(_tables)


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner="Putting the files together ...")
def _combine(key: tuple[str, ...], _tables: tuple[RawTable, ...]) -> RawTable:
    return combine(_tables, _plan(key, _tables))


@st.cache_resource(max_entries=4, ttl=LIFE, show_spinner="Opening the example ...")
def _demo(name: str) -> RawTable:
    return demo(name)


@st.cache_resource(max_entries=16, ttl=LIFE, show_spinner="Applying the cleaning rules ...")
def _clean(key: tuple[str, str], _raw: RawTable, _recipe: Recipe) -> Shop:
    return clean(_raw, _recipe.mapping, _recipe.rules, _recipe.corrections)


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner="Testing and fitting the models ...")
def _prepare(key: Key, _shop: Shop, _settings: Settings) -> Prepared:
    return prepare(_shop, _settings)


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner="Numbering the orders ...")
def _lines(key: Key, _prepared: Prepared) -> Lines:
    return _prepared.lines


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner=False)
def _conditions(key: tuple[Any, ...], _found: Analysis) -> tuple[str, ...]:
    return filters.conditions_of(_found.population)


@st.cache_resource(max_entries=64, ttl=LIFE, show_spinner=False, hash_funcs={Selection: repr})
def _mask(key: tuple[Any, ...], selection: Selection, _found: Analysis) -> Mask:
    return selection.mask(_found.population)


@st.cache_resource(max_entries=32, ttl=LIFE, show_spinner=False, hash_funcs={Selection: repr})
def _among(key: tuple[Any, ...], where: Selection, _found: Analysis) -> Analysis:
    return _found.among(where.mask(_found.population))


@st.cache_resource(max_entries=256, ttl=LIFE, show_spinner=False)
def _answer(
    key: tuple[Any, ...],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    _found: Analysis,
    _question: Callable[..., Any],
    _mask: Mask,
) -> Any:
    return _found.lines.ask(_question, _mask, key[-1], *args, **kwargs)


@st.cache_resource(max_entries=16, ttl=LIFE, show_spinner="Looking back ...")
def _state(key: tuple[Any, ...], _found: Analysis, _day: date) -> pd.DataFrame:
    ids = _found.frame[schema.CUSTOMER_ID]
    return movement.state_on(_found.shop.transactions, ids, _day, _found.settings)


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner=False)
def _prospects(key: tuple[Any, ...], _found: Analysis, days: int) -> Prospects:
    assert _found.valuation is not None
    return prospects(_found.valuation.outlook, days)


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner=False)
def _evaluate(key: tuple[Any, ...], _prepared: Prepared, _settings: Settings) -> Analysis:
    return evaluate(_prepared, _settings)


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner="Looking for what may mislead ...")
def _findings(key: Key, _prepared: Prepared) -> tuple[Finding, ...]:
    return _prepared.findings


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner="Looking from earlier days ...")
def _earlier(key: tuple[Any, ...], _found: Analysis) -> tuple[EarlierView, ...]:
    return _found.earlier_views()


@st.cache_resource(max_entries=8, ttl=LIFE, show_spinner="Asking another program ...")
def _second(
    key: tuple[Any, ...], _customers: pd.DataFrame, _fit: Any, _days: float
) -> SecondOpinion:
    return ask_another(_customers, _fit, _days)
