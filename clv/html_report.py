"""The current view as one HTML file to send: figures, verdict, pictures, table, definitions.

No scripts, no links, nothing that is fetched. Every text is escaped where it becomes HTML: in
`_tag`, the only place that makes an element of a text.
"""

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv import schema
from clv.analysis import Analysis
from clv.intake.wording import counted, percent, rounded
from clv.valuation import Interval

Mask = npt.NDArray[np.bool_]

_STYLE: Final = (
    "body{font-family:Helvetica,Arial,sans-serif;color:#1d2733;background:#fff;line-height:1.45;"
    "max-width:800px;margin:0 auto;padding:24px}"
    "h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:28px 0 8px}"
    "p{margin:6px 0}.small{color:#4c5866;font-size:13px}"
    "table{border-collapse:collapse;width:100%;font-size:14px}"
    "th,td{text-align:right;padding:5px 8px;border-bottom:1px solid #dce2e9;vertical-align:top}"
    "th:first-child,td:first-child{text-align:left}th{font-weight:600}"
    ".figures td:first-child{width:38%}.figures td{text-align:left}"
    ".verdict{background:#f4f6f9;border-left:4px solid #05559a;padding:8px 12px}"
    ".scroll{overflow-x:auto}svg{max-width:100%;height:auto;display:block;margin:12px 0}"
    "dt{font-weight:600;margin-top:8px}dd{margin:0 0 4px}"
)


@dataclass(frozen=True)
class Picture:
    """A chart as SVG text, and what it shows, in words."""

    svg: str
    about: str


def html_report(
    found: Analysis,
    kept: Mask,
    conditions: Sequence[str] = (),
    by: tuple[str, str] = ("Segment", schema.SEGMENT),
    pictures: Sequence[Picture] = (),
) -> str:
    """The report on the customers in `kept`, as the text of an HTML file.

    conditions: the filter, as its chips say it. by: label and column of the groups in the
    table. pictures: drawn beforehand, of the same customers.
    """
    title = f"Customer value: {found.shop.name}"
    body = [
        _tag("h1", "What the customers are worth"),
        _tag("p", _subtitle(found), "small"),
        *(_tag("p", line, "small") for line in _view(found, kept, conditions)),
        _tag("h2", "Headline figures"),
        _rows(_headline(found, kept), "figures"),
        *_verdict(found),
        *(picture.svg + _tag("p", picture.about, "small") for picture in pictures),
        _tag("h2", f"By {by[0].lower()}"),
        _groups(found, by[1], kept),
        _tag("h2", "What the figures mean"),
        _definitions(found),
    ]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"{_tag('title', title)}<style>{_STYLE}</style>"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n'
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _tag(name: str, text: str, css: str = "") -> str:
    """An element of a text, which is escaped."""
    style = f' class="{css}"' if css else ""
    return f"<{name}{style}>{html.escape(text)}</{name}>"


def _subtitle(found: Analysis) -> str:
    return (
        f"{found.shop.name} · orders from {found.shop.first:%d %B %Y} to "
        f"{found.shop.last:%d %B %Y} · as of {found.analysis_date:%d %B %Y} · amounts in "
        f"{found.shop.currency or 'the currency of the file'}"
    )


def _view(found: Analysis, kept: Mask, conditions: Sequence[str]) -> list[str]:
    """What is looked at, and under which settings."""
    settings = found.settings
    source = {"given": "set by you", "cost column": "from the cost column", "assumed": "assumed"}
    said = [
        f"Gross margin {_share(found.margin)} ({source[found.margin_source]}) · looking ahead "
        f"{counted(settings.horizon_months, 'month')} · discount {_share(settings.annual_discount)}"
        f" a year · ranges meant to hold {_share(settings.coverage)} of outcomes"
    ]
    if conditions:
        said.insert(
            0,
            f"Filter: {'; '.join(conditions)}. It keeps {int(kept.sum()):,} of {len(kept):,} "
            "customers; all figures but the formula are of these.",
        )
    return said


def _headline(found: Analysis, kept: Mask) -> list[tuple[str, ...]]:
    frame, months = found.frame[kept], counted(found.settings.horizon_months, "month")
    rows = [
        ("Customers", f"{len(frame):,}", ""),
        ("Orders", f"{int(frame[schema.ORDERS].sum()):,}", ""),
        ("Net revenue so far", _money(frame[schema.REVENUE].sum()), ""),
        ("Historic value", _money(frame[schema.HISTORIC_VALUE].sum()), ""),
    ]
    if found.valuation:
        total = found.valuation.total(kept)
        rows += [
            (f"Predicted CLV, {months}", _money(total.value), _range(found, total)),
            (
                f"Predicted CLV per customer, {months}",
                _money(total.value / max(1, len(frame))),
                "",
            ),
            ("P(alive), mean", _share(float(frame[schema.P_ALIVE].mean())), ""),
        ]
    formula = found.formula
    value = _money(formula.clv) if formula.clv is not None else "cannot be given"
    return [*rows, ("Formula CLV per customer, all customers", value, formula.problem or "")]


def _range(found: Analysis, total: Interval) -> str:
    if math.isnan(total.low):
        return "No honest interval can be given."
    card = found.scorecard
    failed = card and any((p.what, p.grade) == ("Totals", "poor") for p in card.reliance)
    text = f"{_share(found.settings.coverage)} interval {_money(total.low)} to {_money(total.high)}"
    return f"{text}; totals failed the test on the past, so do not rely on it" if failed else text


def _verdict(found: Analysis) -> list[str]:
    if found.valuation is None:
        problem = found.model.problem
        return [_tag("p", f"{problem.message} {problem.hint}", "verdict")] if problem else []
    said = [_tag("p", found.verdict, "verdict")] if found.verdict else []
    return said + [_tag("p", caution, "small") for caution in found.cautions]


def _groups(found: Analysis, column: str, kept: Mask) -> str:
    """The table of groups, with intervals."""
    table = found.segments(column, kept)
    modelled = found.valuation is not None
    header: tuple[str, ...] = ("Group", "Customers", "Share", "Orders", "Net revenue")
    if modelled:
        header = (*header, "Predicted CLV", "from", "to", "P(alive)")
    rows: list[tuple[str, ...]] = []
    for _, row in table.iterrows():  # a row per group: a handful
        cells: tuple[str, ...] = (
            str(row["name"]),
            f"{int(row['customers']):,}",
            _share(row["share_customers"]),
            f"{int(row[schema.ORDERS]):,}",
            _money(row[schema.REVENUE]),
        )
        if modelled:
            ends = (schema.PREDICTED_CLV, schema.PREDICTED_CLV_LOW, schema.PREDICTED_CLV_HIGH)
            cells = (*cells, *(_money(row[end]) for end in ends), _share(row[schema.P_ALIVE]))
        rows.append(cells)
    return f'<div class="scroll">{_rows(rows, "groups", header)}</div>'


def _definitions(found: Analysis) -> str:
    """Every figure above, in a sentence."""
    months, formula = counted(found.settings.horizon_months, "month"), found.formula
    meant = {
        "Net revenue": "Sum of line amounts after discounts and refunds.",
        "Historic value": f"Net revenue so far x {_share(found.margin)} gross margin.",
        f"Predicted CLV, {months}": "What customers are expected to bring in this time: expected "
        "orders x expected order value x margin, discounted month by month.",
        "P(alive)": "Probability that a customer is still a customer on the day of the report.",
        "Interval (from, to)": f"Meant to hold {_share(found.settings.coverage)} of outcomes; it "
        "covers chance and what the data leave open, given that the model holds.",
        "Formula CLV": "Order value x orders a year x margin / churn a year, from "
        f"{formula.first:%d %B %Y} to {formula.last:%d %B %Y}; one average for everyone.",
        "Segment": "A name for how recently (R) and how often (F) a customer ordered, each scored "
        "1 to 5 by fifths of all customers.",
        "Orders": "Distinct orders, or days with a purchase where the file has no order numbers.",
    }
    parts = (_tag("dt", term) + _tag("dd", text) for term, text in meant.items())
    return f"<dl>{''.join(parts)}</dl>"


def _rows(rows: Iterable[Sequence[str]], css: str, header: Sequence[str] = ()) -> str:
    """A table of texts."""
    head = f"<tr>{''.join(_tag('th', text) for text in header)}</tr>" if header else ""
    body = "".join(f"<tr>{''.join(_tag('td', text) for text in row)}</tr>" for row in rows)
    return f'<table class="{css}">{head}{body}</table>'


def _money(value: float) -> str:
    if pd.isna(value):
        return "–"
    return rounded(float(value), 0 if abs(value) >= 1000 else 2)


def _share(value: float) -> str:
    return "–" if pd.isna(value) else percent(value)
