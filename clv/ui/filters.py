"""The one filter of all pages: chips that are set by clicking, typing or a link.

The chips are the value of one widget, bound to the query parameter `filter` and mounted once on
every page. A click on a chart, a cell or a row only changes that value (`pick`, `toggle`), so
nothing else has to be kept in step.

A click that leaves the browser before it got the chips of the click before carries the old ones.
So every change by the app has a number, sent along with the chips in a box that nobody sees: a
message with another number knows nothing of the change, and its chips are not a wish.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

import streamlit as st

from clv.analysis import Analysis
from clv.charts.marks import PICK, AnyChart
from clv.insights.segments import SEGMENTS, STATUSES, tier_names
from clv.insights.selection import SEGMENT, STATUS, TIER, Condition, Population, Selection
from clv.settings import Settings
from clv.ui.text import plain

KEY: Final = "filter"  # of the widget and of the query parameter
_OFFERED: Final = "filter_offered"
_SET: Final = "filter_set"  # the last change by the app: its number and the chips
_HEARD: Final = "filter_heard"  # the number that the browser has, the value of the hidden box


def show(*, always: bool = True) -> None:
    """The chips, above the page. Once per run, by the frame: a widget of a page would be another
    one on the next page. always: also where there is nothing to show."""
    if not (always or _chips() or st.query_params.get_all(KEY)):
        return
    behind = not _told()
    if behind:
        st.session_state[KEY] = _chips()
    st.multiselect(
        "Filter customers",
        st.session_state.get(_OFFERED, _ALWAYS),
        key=KEY,
        accept_new_options=True,
        placeholder="All customers. Click or choose to filter.",
        label_visibility="collapsed",
        bind="query-params",
    )
    # After the chips, so that no browser has the number without them.
    if behind:
        st.session_state[_HEARD] = st.session_state[_SET][0]
    st.html(f"<style>.st-key-{_HEARD} {{ display: none; }}</style>")
    st.number_input("Number of the filter", step=1, key=_HEARD)


def offer(conditions: tuple[str, ...]) -> None:
    """What there is to choose from; other data have other values."""
    if st.session_state.get(_OFFERED) != conditions:
        st.session_state[_OFFERED] = conditions
        st.rerun()


def selection(found: Analysis) -> Selection:
    """What the chips select; one that says nothing for these data is named and ignored."""
    chosen, unknown = Selection.parse(st.session_state.get(KEY, []), found.population.fields)
    if unknown:
        named = ", ".join(f"“{plain(text)}”" for text in unknown)
        st.warning(
            f"{named} cannot be applied to these data and is ignored. Choose from the list, or "
            "write it like *Segment: Champions*.",
            icon=":material/filter_alt_off:",
        )
    return chosen


def conditions_of(population: Population) -> tuple[str, ...]:
    """Every value of every field worth offering, as the text of a condition."""
    values = {field: population.values(field) for field in population.fields}
    return _texts(values)


def pick(chart: AnyChart, field: str, *, name: str, alt: str) -> None:
    """A chart whose marks can be clicked: each click puts a value of `field` in, or takes it out.

    The chart has a selection named PICK over a column that holds the value. name: unique on
    the page.
    """
    _pick(chart, partial(toggle, field), name, alt)


def pick_conditions(chart: AnyChart, *, name: str, alt: str) -> None:
    """The same, where the column of PICK holds whole conditions, one per line."""
    _pick(chart, toggle_conditions, name, alt)


def _pick(chart: AnyChart, act: Callable[[str], None], name: str, alt: str) -> None:
    key = f"{name}_chart"
    st.altair_chart(
        chart,
        key=key,
        on_select=partial(_clicked, key, act),
        selection_mode=PICK,
        alt=alt,
        width="stretch",
    )
    _remember(key)


def pick_row(table: Callable[..., Any], values: list[str], field: str, *, name: str) -> None:
    """A table whose rows can be clicked. `table` draws it with the arguments it is given."""
    turn = f"{name}_turn"
    key = f"{name}_{st.session_state.setdefault(turn, 0)}"

    def chosen() -> None:
        for row in st.session_state[key]["selection"]["rows"]:
            toggle(field, values[row])
        # A new key empties the table's own selection: the chips are the only truth.
        st.session_state[turn] += 1

    table(key=key, on_select=chosen, selection_mode="single-row")


def toggle(field: str, value: str) -> None:
    """Put a value into the filter, or take it out again. Only from a callback."""
    toggle_conditions(str(Condition(field, value)))


def toggle_conditions(texts: str) -> None:
    """Put conditions, one per line, into the filter; take them out where all are in it. Only
    from a callback."""
    kept, lines = _chips(), texts.splitlines()
    if {*lines} <= {*kept}:
        _choose([text for text in kept if text not in lines])
    else:
        add(*lines)


def add(*texts: str) -> None:
    """Put conditions into the filter. Only from a callback."""
    _choose([*_chips(), *texts])


def _choose(texts: list[str]) -> None:
    number = st.session_state.get(_SET, (0, []))[0] + 1
    st.session_state[_SET] = number, list(dict.fromkeys(texts))
    st.session_state[_HEARD] = -1


def _chips() -> list[str]:
    """What the chips hold, or will hold once the browser has the last change by the app."""
    return list(st.session_state.get(KEY, []) if _told() else st.session_state[_SET][1])


def _told() -> bool:
    """Whether the browser has the last change by the app."""
    if _SET not in st.session_state or _HEARD not in st.session_state:
        return True
    return bool(st.session_state[_HEARD] == st.session_state[_SET][0])


def _clicked(key: str, act: Callable[[str], None]) -> None:
    """The chart's selection is no truth, only what changed in it: the marks that were clicked."""
    before = st.session_state.get(f"{key}_seen", ())
    for value in sorted({*before} ^ {*_remember(key)}):
        act(value)


def _remember(key: str) -> tuple[str, ...]:
    """Keep what a chart has selected, to tell the next click by."""
    points = st.session_state[key]["selection"].get(PICK, [])
    picked = tuple(str(value) for point in points for value in point.values())
    st.session_state[f"{key}_seen"] = picked
    return picked


def _texts(values: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    return tuple(str(Condition(field, value)) for field, found in values.items() for value in found)


_ALWAYS: Final = _texts({SEGMENT: SEGMENTS, TIER: tier_names(Settings.tiers), STATUS: STATUSES})
