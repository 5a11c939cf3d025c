"""Lists that leave the app: built when clicked, safe to open in a spreadsheet."""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.exports import XLSX_ROWS, file_name, to_csv, to_xlsx
from clv.intake.wording import counted
from clv.schema import EXPECTED_ORDERS, P_ALIVE, P_ORDER_30D
from clv.ui import frozen


def download_button(label: str, data: Any, name: str, *args: Any, **options: Any) -> None:
    """A button of Streamlit's to download something; none where a link forbids it.

    What is taken from a saved analysis is noted in the log of its owner.
    """
    if frozen.downloads_allowed():
        noted = frozen.noting(data, name) if callable(data) else data
        st.download_button(label, noted, name, *args, **options)


def customer_list(
    found: Analysis, mask: npt.NDArray[np.bool_], what: str, key: str = "list"
) -> None:
    """Buttons for the customers in `mask`."""
    frame_list(found, found.frame[mask], what, key)


def frame_list(found: Analysis, chosen: pd.DataFrame, what: str, key: str = "list") -> None:
    """Two buttons: the customers of `chosen`, in its order, as CSV and as XLSX."""
    day, horizon = found.analysis_date, found.settings.horizon_months
    mark = version(found, chosen)
    with st.container(horizontal=True):
        download_button(
            f"CSV, {counted(len(chosen), 'customer')}",
            lambda: to_csv(rounded_figures(found.customers(chosen))),
            file_name(what, day, horizon, ".csv", version=mark),
            "text/csv",
            key=f"{key}_csv",
            on_click="ignore",
            icon=":material/download:",
        )
        download_button(
            "Excel",
            lambda: to_xlsx(rounded_figures(found.customers(chosen))),
            file_name(what, day, horizon, ".xlsx", version=mark),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            key=f"{key}_xlsx",
            on_click="ignore",
            icon=":material/table_view:",
            disabled=len(chosen) > XLSX_ROWS,
            help=f"Up to {XLSX_ROWS:,} customers; use CSV for more.",
        )


def rounded_figures(frame: pd.DataFrame) -> pd.DataFrame:
    """Money in cents; probabilities and expected orders to four digits after the point."""
    fine = (P_ALIVE, P_ORDER_30D, EXPECTED_ORDERS)
    floats = frame.select_dtypes("float").columns
    return frame.round({name: 4 if name in fine else 2 for name in floats})


def version(found: Analysis, chosen: pd.DataFrame, extra: str = "") -> str:
    """Six characters that tell two lists of one name apart: other data, settings or order."""
    settings = repr(found.settings)
    rows = hashlib.sha256(chosen.index.to_numpy(dtype=np.int64).tobytes()).hexdigest()
    text = f"{found.shop.key} {settings} {rows} {extra}"
    return hashlib.sha256(text.encode()).hexdigest()[:6]
