"""Lists that leave the app: built when clicked, safe to open in a spreadsheet."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.exports import XLSX_ROWS, file_name, to_csv, to_xlsx


def customer_list(
    found: Analysis, mask: npt.NDArray[np.bool_], what: str, key: str = "list"
) -> None:
    """Buttons for the customers in `mask`."""
    frame_list(found, found.frame[mask], what, key)


def frame_list(found: Analysis, chosen: pd.DataFrame, what: str, key: str = "list") -> None:
    """Two buttons: the customers of `chosen`, in its order, as CSV and as XLSX."""
    day, horizon = found.analysis_date, found.settings.horizon_months
    with st.container(horizontal=True):
        st.download_button(
            f"CSV, {len(chosen):,} customers",
            lambda: to_csv(chosen),
            file_name(what, day, horizon, ".csv"),
            "text/csv",
            key=f"{key}_csv",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "Excel",
            lambda: to_xlsx(chosen),
            file_name(what, day, horizon, ".xlsx"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            key=f"{key}_xlsx",
            on_click="ignore",
            icon=":material/table_view:",
            disabled=len(chosen) > XLSX_ROWS,
            help=f"Up to {XLSX_ROWS:,} customers; use CSV for more.",
        )
