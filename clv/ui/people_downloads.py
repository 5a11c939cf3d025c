"""The customer list as a file: which columns, which format; made when clicked."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import pandas as pd
import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.exports import XLSX_ROWS, file_name, to_csv, to_parquet, to_xlsx
from clv.insights.people import MAIN_CATEGORY
from clv.insights.recommend import NAMES
from clv.intake.wording import counted
from clv.ui.downloads import download_button, rounded_figures, version
from clv.ui.people import with_habits

COLUMNS: Final = "columns"
USUAL: Final = (
    schema.CUSTOMER_ID,
    schema.PREDICTED_CLV,
    schema.PREDICTED_CLV_LOW,
    schema.PREDICTED_CLV_HIGH,
    schema.P_ALIVE,
    schema.EXPECTED_ORDERS,
    schema.NEXT_ORDER_DATE,
    schema.CUSTOMER_STATUS,
    schema.SEGMENT,
    schema.RFM,
    schema.TIER,
    schema.HISTORIC_VALUE,
    schema.TOTAL_VALUE,
    schema.ORDERS,
    schema.REVENUE,
    schema.FIRST_ORDER,
    schema.LAST_ORDER,
    schema.COUNTRY,
    schema.MAIN_CHANNEL,
    MAIN_CATEGORY,
    "price_low",
    "price_median",
    "price_high",
    *NAMES,
)
FOR_PEOPLE: Final = (to_csv, to_xlsx)  # in cents; programs get every digit
SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def people_list(found: Analysis, chosen: pd.DataFrame, names: Sequence[str], what: str) -> None:
    """The customers of `chosen`, in its order, in four formats. names: columns to choose from."""
    picked = _choose(list(names))
    if not picked:
        st.info("Choose at least one column.", icon=":material/info:")
        return
    formats: tuple[tuple[str, str, str, str, Callable[[pd.DataFrame], bytes], str], ...] = (
        ("CSV", "csv", ".csv", "text/csv", to_csv,
         "Cells that a spreadsheet would run as a formula get an apostrophe in front."),
        ("CSV for programs", "raw", ".csv", "text/csv", partial(to_csv, machine=True),
         "UTF-8, dates as 2011-12-09, values as they are. Not for opening in a spreadsheet."),
        ("Excel", "xlsx", ".xlsx", SHEET, to_xlsx, f"Up to {XLSX_ROWS:,} customers."),
        ("Parquet", "parquet", ".parquet", "application/vnd.apache.parquet", to_parquet,
         "For data programs: every column with its type."),
    )  # fmt: skip
    with st.container(horizontal=True):
        for label, kind, suffix, mime, write, help in formats:
            download_button(
                f"{label}, {counted(len(chosen), 'customer')}" if kind == "csv" else label,
                partial(_made, found, chosen, picked, write),
                file_name(
                    what, found.analysis_date, found.settings.horizon_months, suffix,
                    version=version(found, chosen, f"{kind} {picked}"),
                ),
                mime,
                key=f"people_{kind}",
                on_click="ignore",
                icon=":material/download:",
                disabled=kind == "xlsx" and len(chosen) > XLSX_ROWS,
                help=help,
            )  # fmt: skip


def _choose(names: list[str]) -> list[str]:
    """The columns that the visitor wants; kept while they look at other pages."""
    wanted: Any = st.session_state.get(COLUMNS, [name for name in USUAL if name in names])
    st.session_state[COLUMNS] = [name for name in wanted if name in names]
    return st.multiselect(
        "Columns", names, key=COLUMNS, persist_state="session",
        help="In this order. Money has the margin applied but for revenue and prices.",
    )  # fmt: skip


def _made(
    found: Analysis,
    chosen: pd.DataFrame,
    picked: list[str],
    write: Callable[[pd.DataFrame], bytes],
) -> bytes:
    frame = with_habits(found, chosen)[picked]
    return write(rounded_figures(frame) if write in FOR_PEOPLE else frame)
