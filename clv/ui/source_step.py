"""The source step: files, an example or a database, and how they are read."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Any, Final

import streamlit as st

from clv.intake.combine import Plan
from clv.intake.demo import DEMOS, DESCRIPTIONS
from clv.intake.sources import Detected, RawTable
from clv.intake.wording import counted
from clv.ui.controls import MY_FILE, View, choose_data
from clv.ui.database_door import current_query, show_database
from clv.ui.doors import show_files, show_folder, show_script
from clv.ui.session import read_options, set_read_options
from clv.ui.shop_door import show_shop
from clv.ui.text import plain
from clv.ui.uploads import EXTENSIONS, current_upload, uploader

DELIMITERS: Final = {
    ",": "Comma",
    ";": "Semicolon",
    "\t": "Tab",
    "|": "Bar",
    "~": "Tilde",
    " ": "Blanks",
}
ENCODINGS: Final = (
    "utf-8",
    "cp1252",
    "iso-8859-15",
    "utf-16",
    "cp1250",
    "cp1251",
    "shift_jis",
    "gb18030",
)
FORMATS: Final = {
    "csv": "text table (CSV)",
    "xlsx": "Excel",
    "xlsm": "Excel",
    "xlsb": "Excel",
    "xls": "Excel",
    "ods": "OpenDocument",
    "parquet": "Parquet",
    "json": "JSON",
    "jsonl": "JSON, line by line",
    "several": "from several files",
    "sqlite": "SQLite",
    "postgres": "PostgreSQL",
}
_WORKBOOKS: Final = ("xlsx", "xlsm", "xlsb", "xls", "ods")
DETECT: Final = "Detect"
_DATABASES: Final = ("sqlite", "postgres")


def choose_source(view: View) -> None:
    """The uploader, the examples, and the other doors that whoever runs the server has opened."""
    left, right = st.columns([3, 2], border=True)
    with left:
        uploader("Your order files")
        show_files()
        st.caption(
            "One row per order or order line, with a customer, a date and an amount; or one row "
            "per customer. CSV, Excel, OpenDocument, JSON or Parquet, also compressed. They go to "
            "the computer that runs this app and nowhere else."
        )
        show_script()
    with right:
        st.markdown("**No file at hand?** Try an example.")
        for name in DEMOS:
            st.button(
                name,
                on_click=choose_data,
                args=(name,),
                type="primary" if view.data == name else "secondary",
                help=DESCRIPTIONS[name],
                width="stretch",
                icon=":material/storefront:",
            )
        show_shop(view)
    show_folder()
    show_database()


def show_combination(how: Plan | None) -> None:
    """How several files become one table, in sentences with the match rates."""
    if how is None:
        return
    st.subheader("Several files, one table")
    for sentence in how.sentences:
        st.markdown(f"- {plain(sentence)}")
    for warning in how.warnings:
        st.warning(plain(warning), icon=":material/assignment_return:")


def show_detected(raw: RawTable, view: View) -> None:
    """What was found out about the file, the first rows, and the boxes to overrule it."""
    found = raw.detected
    facts = [counted(raw.rows, "row"), counted(len(raw.columns), "column")]
    facts.append(FORMATS.get(found.format, found.format.upper()))
    if found.compression:
        facts.append(f"packed as {found.compression}")
    if found.encoding:
        facts.append(found.encoding)
    if found.delimiter:
        facts.append(f"{DELIMITERS.get(found.delimiter, found.delimiter)} between columns")
    if found.sheet:
        facts.append(f"{_kind_of_part(found).lower()} {found.sheet}")
    if found.format not in _DATABASES:
        facts.append("with a header" if found.header else "no header")
    st.markdown(f"**{plain(raw.name)}** — {plain(' · '.join(facts))}")
    for note in raw.notes:
        st.caption(plain(note))
    st.dataframe(raw.sample(5), hide_index=True, width="stretch", height="content", placeholder="")
    if view.data == MY_FILE and current_query() is None and not raw.origins:
        with st.expander("Read it differently"):
            _overrides(raw)


def _overrides(raw: RawTable) -> None:
    options, found = read_options(), raw.detected
    with st.grid(min_column_width=200):
        if found.format == "csv":
            _choice("Encoding", "encoding", ENCODINGS, options.encoding, str)
            _choice(
                "Between columns", "delimiter", tuple(DELIMITERS), options.delimiter, DELIMITERS.get
            )
        if found.format != "parquet":
            _choice(
                "First row",
                "header",
                (True, False),
                options.header,
                lambda header: "is the header" if header else "is data",
            )
        if len(found.sheets) > 1:
            _choice(_kind_of_part(found), "sheet", found.sheets, options.sheet, str)


def _kind_of_part(found: Detected) -> str:
    """What the parts of a file are called: sheets of a workbook, tables of a zip, lists of JSON."""
    in_zip = PurePath(found.sheet or "").suffix.removeprefix(".").lower() in EXTENSIONS
    if in_zip or found.format not in _WORKBOOKS:
        return "List" if found.format.startswith("json") and not in_zip else "Table"
    return "Sheet"


def _choice(
    label: str,
    name: str,
    values: tuple[Any, ...],
    current: object,
    shown: Callable[[Any], str | None],
) -> None:
    """A box for one reading option of this upload; None stands for what was detected."""
    upload = current_upload()
    key = f"read_{name}_{upload.path.name if upload else ''}"
    options = (None, *values)
    st.selectbox(
        label,
        options,
        options.index(current) if current in options else 0,
        format_func=lambda value: DETECT if value is None else str(shown(value)),
        key=key,
        on_change=lambda: set_read_options(**{name: st.session_state[key]}),
    )
