"""The button for the report: the current view as one HTML file, made when clicked."""

from clv import schema
from clv.analysis import Analysis
from clv.charts.customers import alive_heatmap, value_distribution
from clv.charts.pictures import svg
from clv.charts.segments import segment_bars
from clv.charts.value import concentration
from clv.charts.waterfall import waterfall
from clv.exports import file_name
from clv.html_report import Picture, html_report
from clv.insights.concentration import concentration_curve, share_of_best
from clv.insights.decomposition import decomposition_title
from clv.insights.distributions import alive_grid
from clv.insights.distributions import value_distribution as binned
from clv.insights.lines import Mask
from clv.insights.selection import SEGMENT
from clv.ui.controls import View
from clv.ui.downloads import download_button, version
from clv.ui.figures import months, share
from clv.ui.session import among, members

BY_SEGMENT = (SEGMENT, schema.SEGMENT)


def report_button(
    view: View, found: Analysis, by: tuple[str, str] = BY_SEGMENT, key: str = "report"
) -> None:
    """Offer the report on the customers that the filter keeps. by: label and column of groups."""
    kept = members(view, found)
    conditions = tuple(str(condition) for condition in view.where.conditions)

    def made() -> bytes:
        shown = among(view, found)
        return html_report(shown, kept, conditions, by, pictures(shown, kept, by)).encode()

    download_button(
        "Report as HTML",
        made,
        file_name(
            f"report {view.where.name}",
            found.analysis_date,
            view.horizon_months,
            ".html",
            version=version(found, found.frame[kept], by[0]),
        ),
        "text/html",
        key=key,
        on_click="ignore",
        disabled=not kept.any(),
        icon=":material/description:",
        help="What you see here as one file, fit for an e-mail: figures with their ranges, charts, "
        "the table of groups and what every figure means. It opens in any browser, offline.",
    )


def pictures(found: Analysis, kept: Mask, by: tuple[str, str]) -> list[Picture]:
    """The charts of the report."""
    table = found.segments(by[1], kept)
    measure = schema.PREDICTED_CLV if found.valuation else schema.REVENUE
    best = table["name"].iloc[int(table[measure].argmax())]
    what = "predicted CLV" if found.valuation else "net revenue"
    bars = segment_bars(table, measure, title=f"{best} has the highest {what}")
    shown = [
        Picture(
            svg(bars),
            f"Bars: {what} of each group."
            + (" Lines across the bars: the interval." if found.valuation else ""),
        )
    ]
    if found.valuation is None:
        return shown
    values = found.frame.loc[kept, schema.PREDICTED_CLV]
    held = share(share_of_best(values))
    curve = concentration(
        concentration_curve(values), title=f"The best 20 % hold {held} of the predicted CLV"
    )
    spread = value_distribution(
        binned(values),
        title=f"Half of these customers are worth less than {values.median():,.2f} "
        f"over {months(found.settings.horizon_months)}",
    )
    grid = alive_heatmap(alive_grid(found.frame[kept]), title="P(alive) by orders and silence")
    shown += [
        Picture(svg(curve), "Share of value held by the best customers; the straight line is what "
                "equal customers would give."),
        Picture(svg(spread), "Customers by predicted CLV."),
        Picture(svg(grid), "Darker: more likely still a customer. Across: days since the last "
                "purchase; up: repeat purchases."),
    ]  # fmt: skip
    steps = found.decomposition
    if kept.all() and not steps.empty:
        chart = waterfall(steps, title=decomposition_title(steps))
        shown.append(Picture(svg(chart), "From the formula to the model, per customer."))
    return shown
