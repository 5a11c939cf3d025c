"""A chart as a picture that needs no program: SVG text, in the light colours of the pages."""

from typing import Any, Final

import altair as alt
import vl_convert

from clv.charts.marks import AnyChart

INK: Final = "#1d2733"
LINE: Final = "#dce2e9"
CATEGORIES: Final = (
    "#05559a", "#b0550b", "#05a099", "#63143f", "#b2891a", "#9178db", "#7d3d38", "#676f77",
)  # fmt: skip
SEQUENTIAL: Final = (
    "#d9e7f4", "#c3daee", "#a9cae5", "#8fb9dd", "#6fa4d1",
    "#508ec4", "#3377b2", "#1a619f", "#0a4c86", "#053768",
)  # fmt: skip
DIVERGING: Final = (
    "#8f3f00", "#b9621f", "#d68a4d", "#eab587", "#f6dcc4",
    "#cfe1f1", "#9ac3e2", "#5f9dcc", "#2f76b0", "#05508f",
)  # fmt: skip
WIDTH: Final = 620
HEIGHT: Final = 260


def svg(chart: AnyChart) -> str:
    """The chart as one <svg> element, without scripts and links."""
    spec: dict[str, Any] = chart.to_dict()
    spec["config"] = spec.get("config", {}) | _config()
    spec.setdefault("width", WIDTH)
    spec.setdefault("height", HEIGHT)
    picture = vl_convert.vegalite_to_svg(spec, vl_version=_version())
    return str(picture)


def _version() -> str:
    """The grammar of the charts, as the converter calls it."""
    major, minor = alt.SCHEMA_VERSION.lstrip("v").split(".")[:2]
    return f"{major}.{minor}"


def _config() -> dict[str, Any]:
    font = "Arial, Liberation Sans, Helvetica, sans-serif"
    ink = {"labelColor": INK, "titleColor": INK, "labelFontSize": 12, "titleFontSize": 12}
    axis = ink | {"gridColor": LINE, "domainColor": LINE, "tickColor": LINE}
    return {
        "background": "#ffffff",
        # The reader's letters may be wider than those that the converter measured.
        "padding": {"left": 30, "right": 20, "top": 5, "bottom": 5},
        "font": font,
        "axis": axis,
        "legend": ink,
        "title": {"color": INK, "fontSize": 15, "anchor": "start", "fontWeight": 600},
        "view": {"stroke": None},
        "bar": {"color": CATEGORIES[0]},
        "range": {
            "category": list(CATEGORIES),
            "heatmap": list(SEQUENTIAL),
            "ramp": list(SEQUENTIAL),
            "ordinal": list(SEQUENTIAL),
            "diverging": list(DIVERGING),
        },
    }
