"""Parts of the Actions page: a card for each segment, with what to do and why."""

from dataclasses import replace
from typing import Any

import streamlit as st

from clv import schema
from clv.analysis import Analysis
from clv.charts.segments import segment_bars
from clv.insights.actions import Card, FileHas, action_card
from clv.insights.bundles import best_pairs
from clv.insights.grouping import group_codes
from clv.insights.levels import PRODUCT
from clv.insights.lines import ITEM, Mask
from clv.insights.segment_figures import Habits, channels_of_rows, segment_figures, segments_of
from clv.insights.segments import SEGMENT_HELP
from clv.insights.selection import EVERYONE, SEGMENT
from clv.insights.timing import second_order_wait, usual_waits
from clv.insights.usual import usual_channels, usual_prices
from clv.insights.what_if import Campaign, Prospects, what_if
from clv.intake.wording import counted
from clv.ui import filters
from clv.ui.controls import View
from clv.ui.figures import money, months, span
from clv.ui.session import ask, members
from clv.ui.text import plain


def segment_chart(view: View, found: Analysis) -> None:
    """Segments as bars; a click filters. The chart ignores its own field."""
    kept = members(view, found, ignore=SEGMENT)
    table = found.segments(schema.SEGMENT, kept)
    if table.empty:
        return
    metric = schema.PREDICTED_CLV if found.valuation else "customers"
    best = plain(str(table["name"].iloc[int(table[metric].argmax())]))
    title = (
        f"Predicted CLV over {months(view.horizon_months)}: highest for {best}"
        if found.valuation
        else f"Customers by segment: most are {best}"
    )
    filters.pick(
        segment_bars(table, metric, title=title, selected=view.where.chosen(SEGMENT)),
        SEGMENT,
        name="action_bars",
        alt="Bars by segment; a click filters",
    )


def cards(
    view: View, found: Analysis, mask: Mask, who: Prospects | None, campaign: Campaign
) -> tuple[Card, ...]:
    """The advice for every segment with customers in `mask`."""
    has, habits = _file_has(found), _habits(view, found)
    figures = segment_figures(
        found.frame,
        found.segments(schema.SEGMENT, mask),
        habits,
        mask,
        found.analysis_date,
        found.valuation.next_order_days if found.valuation else None,
    )
    plans = {
        each.segment: what_if(
            who.of(mask & found.members_of(schema.SEGMENT, each.segment)), campaign
        )
        for each in figures
        if who is not None
    }
    return tuple(action_card(each, has, plans.get(each.segment)) for each in figures)


def show(found: Analysis, card: Card, chosen: bool) -> None:
    """One card: whom it speaks of, what they are worth, what to do, and why."""
    figures = card.figures
    name = figures.segment
    st.markdown(f"**{plain(name)}** · {counted(figures.customers, 'customer')}")
    st.caption(SEGMENT_HELP.get(name, f"Your own name; like {card.figures.usual}."))
    if figures.predicted is not None:
        horizon = months(found.settings.horizon_months)
        interval = span(figures.predicted, found.settings.coverage)
        st.markdown(
            f"Predicted CLV over {horizon}: **{money(figures.predicted.value)}**  \n"
            f":small[{interval}]"
        )
    else:
        st.caption("No predicted CLV: there is no model for this shop.")
    st.markdown(f"**Aim**: {card.aim}.")
    st.markdown("\n".join(f"- **{part.kind}**: {plain(part.sentence)}" for part in card.advice))
    with st.expander("Why"):
        st.markdown("\n".join(f"- **{part.kind}**: {_said(part.why)}" for part in card.advice))
    if card.missing:
        st.caption(" ".join(plain(sentence) for sentence in card.missing))
    st.button(
        "Take out of the filter" if chosen else "Plan a campaign for them",
        key=f"plan_{name}",
        icon=":material/filter_alt_off:" if chosen else ":material/arrow_downward:",
        on_click=filters.toggle,
        args=(SEGMENT, name),
    )


def _said(sentence: str) -> str:
    return plain(sentence).replace(" %", "\N{NO-BREAK SPACE}%")


def _file_has(found: Analysis) -> FileHas:
    if found.shop.by_customer:
        return FileHas(
            products=False, prices=False, channels=bool(found.shop.channels), by_customer=True
        )
    lines = found.lines
    return FileHas(
        products=bool(lines.levels),
        prices=schema.QUANTITY in lines.roles,
        channels=schema.CHANNEL in lines.roles,
        by_customer=False,
        level=_coarsest(lines.levels),
    )


def _coarsest(levels: tuple[str, ...]) -> str | None:
    """The coarsest level above the product itself."""
    return levels[0] if levels and levels[0] != PRODUCT else None


def _habits(view: View, found: Analysis) -> Habits:
    """What the order lines say of every segment; the filter's own segments change none of it."""
    if found.shop.by_customer:
        kept = members(view, found, ignore=SEGMENT)
        if not found.shop.channels:
            return Habits()
        return Habits(channels=channels_of_rows(found.frame, found.shop.channels, kept))
    lines, has = found.lines, _file_has(found)
    groups = group_codes(found.frame[schema.SEGMENT], segments_of(found.frame))
    options: dict[str, Any] = {"ignore": SEGMENT, "always": True}
    nothing = Habits()
    level = has.level
    pairs = nothing.pairs
    if lines.levels:
        by_item = lines.levels[-1] == PRODUCT
        column = ITEM if by_item else lines.level_column(lines.levels[-1])
        pairs = ask(view, found, best_pairs, groups, column, **options)
        if by_item:
            names = lines.items["product"]
            pairs = pairs.assign(
                **{end: names.reindex(pairs[end]).to_numpy() for end in ("first", "second")}
            )
    return Habits(
        waits=ask(view, found, usual_waits, groups, **options),
        second=ask(replace(view, where=EVERYONE), found, second_order_wait),
        channels=ask(view, found, usual_channels, groups, **options)
        if has.channels
        else nothing.channels,
        prices=ask(
            view,
            found,
            usual_prices,
            groups,
            lines.level_column(level) if level else None,
            **options,
        )
        if has.prices
        else nothing.prices,
        pairs=pairs,
    )
