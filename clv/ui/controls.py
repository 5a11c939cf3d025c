"""What the visitor asks for. The state of these widgets is the query string of the page.

Every widget is bound to the query parameter of its key and mounted on every page, so a
copied address shows the same figures to anyone with the same data. Labels double as URL
values, hence no `format_func`. Values that cannot be are dropped in favour of the default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from clv.errors import CLVError
from clv.insights.rfm_rules import EXAMPLE, read_rules, write_rules
from clv.insights.selection import EVERYONE, Selection
from clv.intake.demo import DEMOS
from clv.intake.wording import percent
from clv.models.ladder import MODELS
from clv.settings import AUTOMATIC, USUAL, ChurnMethod, ModelName, Refunds, RFMRules, Settings
from clv.ui import frozen
from clv.ui.text import plain

NO_DATA: Final = "None"
MY_FILE: Final = "My file"
PENDING_RFM: Final = "pending_rfm"
RFM: Final = "rfm"  # key of the box with the rules of the RFM grid
SHOP: Final = "Shop database"
DATA: Final = (NO_DATA, *DEMOS, SHOP, MY_FILE)

CHURN_METHODS: Final[Mapping[str, ChurnMethod]] = {
    "Period over period": "period_over_period",
    "One minus repeat rate": "one_minus_repeat_rate",
    "Inactivity": "inactivity",
    "Model": "model",
}
REFUNDS: Final[Mapping[str, Refunds]] = {
    "Against the order": "net",
    "On their own date": "own_date",
    "Leave out": "ignore",
}


@dataclass(frozen=True, kw_only=True)
class View:
    """What is asked for: hashable, so that it can key a cache.

    margin, annual_discount and coverage are shares from 0 to 1; where: the filter above the page.
    """

    data: str = NO_DATA
    margin: float = 0.40
    horizon_months: int = 12
    annual_discount: float = 0.10
    churn_method: ChurnMethod = "period_over_period"
    refunds: Refunds = "net"
    model: ModelName = AUTOMATIC
    coverage: float = 0.80
    inactive_months: int = 3
    long_gone_months: int = 6
    tiers: int = 4
    rfm: RFMRules = USUAL
    where: Selection = EVERYONE

    def settings(self) -> Settings:
        """How value is computed."""
        return Settings(
            margin=self.margin,
            horizon_months=self.horizon_months,
            annual_discount=self.annual_discount,
            churn_method=self.churn_method,
            model=self.model,
            coverage=self.coverage,
            inactive_months=self.inactive_months,
            long_gone_months=self.long_gone_months,
            tiers=self.tiers,
            rfm=self.rfm,
        )


def show_controls() -> None:
    """Put the widgets where they are called. Once per run, on every page, by the frame."""
    bound: dict[str, Any] = {"bind": "query-params"}
    pending = st.session_state.pop("pending_refunds", None)
    if pending in REFUNDS.values():  # of a recipe that was taken in the run before
        st.session_state["refunds"] = next(k for k, v in REFUNDS.items() if v == pending)
    if PENDING_RFM in st.session_state:  # of the table on the page Segments, in the run before
        st.session_state[RFM] = st.session_state.pop(PENDING_RFM)
    others = () if frozen.by_link() else DATA
    options = (*others, *frozen.names()) or DATA
    st.selectbox("Data", options, key="data", help="The orders to analyse.", **bound)
    if frozen.current():
        show_frozen()
        return
    st.slider(
        "Gross margin",
        1,
        100,
        40,
        format="%d %%",
        key="margin",
        help="What is left of 100 of revenue after paying for the goods. "
        "Every value on these pages is margin, not revenue.",
        **bound,
    )
    st.slider(
        "Look ahead",
        1,
        36,
        12,
        format="%d months",
        key="horizon",
        help="How many months ahead customers are valued. Nothing after that counts.",
        **bound,
    )
    with st.expander("Assumptions"):
        st.slider(
            "Discount rate per year",
            0.0,
            50.0,
            10.0,
            0.5,
            format="%g %%",
            key="discount",
            help="Money earned later is worth less than money today. "
            "At 10 %, 110 earned in a year counts as 100.",
            **bound,
        )
        st.selectbox(
            "Churn is measured by",
            tuple(CHURN_METHODS),
            key="churn",
            help="Used by the formula only. "
            "*Period over period*: customers of the previous 12 months who did not come back. "
            "*One minus repeat rate*: customers with a single order. "
            "*Inactivity*: no order for 3 months. "
            "*Model*: the chance, per customer, of being gone.",
            **bound,
        )
        st.selectbox(
            "Model",
            (AUTOMATIC, *MODELS),
            key="model",
            help="How purchases to come are foretold. *Automatic* takes the model that would have "
            "foretold your own past best; the page Trust compares them all. "
            "*BG/NBD*: customers may leave after a repeat order. *MBG/NBD*: after any order. "
            "*Pareto/NBD*: at any time. *NBD*: nobody leaves. "
            "*Same rate as before*: each customer goes on at the own pace.",
            **bound,
        )
        st.slider(
            "Range of each forecast",
            50,
            95,
            80,
            5,
            format="%d %%",
            key="coverage",
            help="How much of what may come a range is meant to hold. At 80 %, one outcome in "
            "five lies outside.",
            **bound,
        )
        st.selectbox(
            "Refunds count",
            tuple(REFUNDS),
            key="refunds",
            help="*Against the order*: a refund lowers the order it belongs to. "
            "*On their own date*: it lowers the revenue of the day it was paid. "
            "*Leave out*: refunds are ignored, with the orders that they cancel in full.",
            **bound,
        )
        st.slider(
            "Churned and long gone after",
            1,
            24,
            (3, 6),
            format="%d months",
            key="gone",
            help="Months without an order: from the first limit on a customer counts as churned, "
            "from the second on as long gone.",
            **bound,
        )
        st.slider(
            "Value tiers",
            3,
            10,
            4,
            key="tiers",
            help="Into how many groups of the same size customers are put by value; A is the best.",
            **bound,
        )
        st.text_input(
            "RFM cut points and names",
            key=RFM,
            placeholder="As usual",
            help="The page Segments has a table to change them. By hand: "
            f"*{EXAMPLE}*: limits of R (days since the last order), F (orders) and M (net "
            "revenue), and names of cells, R before F.",
            **bound,
        )


def read_controls() -> View:
    """The view that the widgets ask for, from any page of the same run."""
    if named := frozen.current():
        return _as_saved(named)
    state = st.session_state
    inactive, long_gone = state["gone"]
    return View(
        data=state["data"],
        margin=state["margin"] / 100,
        horizon_months=state["horizon"],
        annual_discount=state["discount"] / 100,
        churn_method=CHURN_METHODS[state["churn"]],
        model=state["model"],
        coverage=state["coverage"] / 100,
        refunds=REFUNDS[state["refunds"]],
        inactive_months=inactive,
        long_gone_months=max(long_gone, inactive + 1),
        tiers=state["tiers"],
        rfm=read_rules(state[RFM]),
    )


def show_frozen() -> None:
    """What is said of a saved analysis in the place of the widgets."""
    try:
        found = frozen.opened(str(frozen.current()))
    except CLVError:
        return  # the page says so
    settings, saved = found.saved.settings, found.saved
    margin = percent(frozen.analysis_of(found).margin)
    st.markdown(f"**{plain(saved.name)}**")
    st.caption(
        f"As it was on {saved.saved_at:%d %b %Y}. Gross margin {margin}, "
        f"{settings.horizon_months} months ahead, "
        f"{percent(settings.annual_discount, 1)} discount a year, model: {settings.model}."
    )
    if found.link:
        st.caption(f"You look by a link, until {found.link.expires:%d %b %Y %H:%M} UTC.")


def _as_saved(named: str) -> View:
    """The view that a saved analysis was made with."""
    found = frozen.analysis_of(frozen.opened(named))
    settings = found.settings
    return View(
        data=named,
        margin=found.margin,
        horizon_months=settings.horizon_months,
        annual_discount=settings.annual_discount,
        churn_method=settings.churn_method,
        model=settings.model,
        coverage=settings.coverage,
        inactive_months=settings.inactive_months,
        long_gone_months=settings.long_gone_months,
        tiers=settings.tiers,
        rfm=settings.rfm,
    )


def choose_data(name: str) -> None:
    """Switch to other data. Only from a callback: widgets are fixed once a run shows them."""
    st.session_state["data"] = name


def change_rfm(rules: RFMRules) -> None:
    """Set the rules of the RFM grid and start again: their box was drawn in this run."""
    st.session_state[PENDING_RFM] = write_rules(rules)
    st.rerun()


def choose_margin(share: float) -> None:
    """Set the margin to a share from 0 to 1, in whole percent. Only from a callback."""
    st.session_state["margin"] = min(100, max(1, round(100 * share)))
