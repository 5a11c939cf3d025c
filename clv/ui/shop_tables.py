"""The parts of the page Shop: its tables page by page, questions in SQL, how it is filled."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from clv.errors import CLVError
from clv.intake.asking import Answer
from clv.intake.wording import counted
from clv.store.shop import rows, source
from clv.store.shop.database import Database
from clv.store.shop.fields import TABLES, Field, columns
from clv.ui.controls import SHOP, choose_data
from clv.ui.text import plain, show_refusal

ROWS: Final = 50
ANSWER_ROWS: Final = 200
EXAMPLE: Final = (
    "SELECT channel, count(DISTINCT order_id) AS orders, round(sum(amount), 2) AS revenue\n"
    "FROM orders\nGROUP BY channel\nORDER BY revenue DESC"
)
COMMANDS: Final = """python -m clv shop init
python -m clv shop load customers customers.csv
python -m clv shop load products products.csv
python -m clv shop load transactions orders.csv
python -m clv shop load sales lines.csv"""
INVENTED: Final = "python -m clv shop synth --customers 3000 --products 5000"
_PLACES: Final = "shop_places"  # table -> keys after which the pages so far start
_QUERY, _ASKED = "shop_query", "shop_asked"


def show_how_to_fill(opened: bool) -> None:
    """The commands that make and fill the database; opened: unfolded from the start."""
    with st.expander("Make and fill it", expanded=opened, icon=":material/terminal:"):
        st.markdown(
            "From files, one for each table; days of orders come into *dates* by themselves:"
        )
        st.code(COMMANDS, language="sh")
        st.markdown("Or try it with an invented shop, whose true figures are kept beside it:")
        st.code(INVENTED, language="sh")
        st.caption("Programs add, change and delete single rows through the API (/api/docs).")


def show_size(database: Database) -> None:
    """How many rows each table has, and the button to analyse them."""
    sizes = {table: rows.count(database, table) for table in TABLES}
    with st.grid(min_column_width=150):
        for table, size in sizes.items():
            st.metric(table.capitalize(), f"{size:,}", border=True)
    st.button(
        "Analyse these orders",
        on_click=choose_data,
        args=(SHOP,),
        type="primary",
        disabled=not sizes["sales"],
        icon=":material/monitoring:",
        help="They become the data of all pages; orders that arrive later count at once.",
    )


def show_table(database: Database) -> None:
    """One table, a page at a time, and what its columns are."""
    table = st.segmented_control(
        "Table", TABLES, default=TABLES[0], required=True, key="shop_table", bind="query-params"
    )
    after = _places(table)[-1]
    page = rows.listed(database, table, after=after, limit=ROWS)
    names = [field.name for field in columns(table)]
    frame = pd.DataFrame([list(row.values()) for row in page.rows], columns=names)
    st.dataframe(frame, hide_index=True, width="stretch", placeholder="")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("First", on_click=_to_first, args=(table,), disabled=after is None)
        st.button("Back", on_click=_back, args=(table,), disabled=after is None)
        st.button("Next", on_click=_forward, args=(table, page.next), disabled=page.next is None)
        st.caption(f"Page {len(_places(table))}, up to {ROWS} rows each, by {names[0]}")
    with st.expander("What the columns are"):
        st.table([_described(field) for field in columns(table)])


def show_questions(database: Database) -> None:
    """A box for one SELECT, and its first rows."""
    names = ", ".join(source.READABLE)
    st.caption(f"One SELECT over {names}. It can only read; it has 10 seconds.")
    with st.form("shop_sql", border=False):
        text = st.text_area("SQL", EXAMPLE, key=_QUERY, height=130)
        if st.form_submit_button("Run", icon=":material/play_arrow:"):
            st.session_state[_ASKED] = text
    asked = st.session_state.get(_ASKED)
    if isinstance(asked, str):
        try:
            _show_answer(source.select(database, asked, rows=ANSWER_ROWS))
        except CLVError as error:
            show_refusal(error)


def _show_answer(answer: Answer) -> None:
    # Two columns of one name are two columns; a table wants them told apart.
    names = [f"{name} ({n})" if name in answer.columns[:n] else name
             for n, name in enumerate(answer.columns)]  # fmt: skip
    st.dataframe(
        pd.DataFrame(answer.rows, columns=names), hide_index=True, width="stretch", placeholder=""
    )
    shown = counted(len(answer.rows), "row")
    st.caption(f"The first {shown}; there are more." if answer.more else f"{shown}.")


def _described(field: Field) -> dict[str, str]:
    low, high = (
        f"{end:,.0f}" if isinstance(end, float) else str(end) for end in (field.low, field.high)
    )
    need = "if there is one" if not field.required else "filled in" if field.filled else "always"
    about = field.about if not field.names else f"{field.about} A row of {field.names}."
    return {
        "Column": plain(field.name),
        "What": plain(about),
        "Kind": field.kind,
        "Limits": "" if field.low is None else f"{low} to {high}",
        "Given": need,
    }


def _places(table: str) -> list[Any]:
    places: dict[str, list[Any]] = st.session_state.setdefault(_PLACES, {})
    return places.setdefault(table, [None])


def _to_first(table: str) -> None:
    _places(table)[1:] = []


def _back(table: str) -> None:
    if len(_places(table)) > 1:
        _places(table).pop()


def _forward(table: str, after: Any) -> None:
    _places(table).append(after)
