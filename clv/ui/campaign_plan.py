"""Part of the Actions page: what a campaign costs and brings, and whether it pays."""

import numpy as np
import streamlit as st

from clv.analysis import Analysis
from clv.charts.campaigns import gain_curve
from clv.insights.lines import Mask
from clv.insights.what_if import Campaign, Prospects, WhatIf, gain_by_response, what_if
from clv.intake.wording import counted, rounded
from clv.ui.downloads import frame_list
from clv.ui.figures import doubt, money, share

DISCOUNT, GIFT, NO_OFFER = "Discount", "Gift with the order", "No offer"
OFFERS = (DISCOUNT, GIFT, NO_OFFER)


def inputs(margin: float) -> Campaign:
    """What is planned, all of it in the address."""
    left, middle, right = st.columns(3)
    cost = left.number_input(
        "Cost per contact", 0.0, 1e6, 0.5, 0.1, format="%.2f", key="cost", bind="query-params",
        help="What one e-mail, letter or call costs you, in the currency of the file.",
    )  # fmt: skip
    days = left.slider(
        "Campaign window", 7, 180, 30, format="%d days", key="window", bind="query-params",
        help="Orders within these days from the contact on count. The chance that a customer "
        "orders anyway is the model's, for as many days from the analysis date on.",
    )  # fmt: skip
    offer = middle.selectbox("Offer", OFFERS, key="offer", bind="query-params")
    off = gift = 0.0
    if offer == DISCOUNT:
        off = middle.number_input(
            "Discount, % of the order", 0.0, 100.0, 10.0, 1.0, format="%g", key="off",
            bind="query-params", help="Also given to those who would have ordered anyway.",
        )  # fmt: skip
    if offer == GIFT:
        gift = middle.number_input(
            "Cost of the gift", 0.0, 1e6, 2.0, 0.5, format="%.2f", key="gift", bind="query-params",
            help="Per order, also with the orders that would have come anyway.",
        )  # fmt: skip
    response = right.number_input(
        "Assumed response, extra orders per 100 contacted", 0.0, 100.0, 3.0, 0.5, format="%g",
        key="response", bind="query-params",
        help="Orders that would not have come without the campaign. Nobody knows this before: it "
        "is your assumption, and a list with a control group measures it.",
    )  # fmt: skip
    give = right.number_input(
        "Give or take, per 100", 0.0, 100.0, 1.0, 0.5, format="%g", key="give",
        bind="query-params", help="You are 80 % sure that the response lies within this range.",
    )  # fmt: skip
    return Campaign(
        contact_cost=float(cost or 0.0),
        discount=float(off or 0.0) / 100,
        gift=float(gift or 0.0),
        response=float(response or 0.0) / 100,
        give_or_take=float(give or 0.0) / 100,
        margin=margin,
        window_days=int(days),
    )


def show(found: Analysis, who: Prospects, mask: Mask, campaign: Campaign) -> Mask:
    """The verdict, the figures, the chart and the formulas; returns for whom it pays."""
    chosen = who.of(mask)
    answer = what_if(chosen, campaign)
    verdict(answer, campaign)
    if failed := doubt(found):
        st.caption(f"{failed} Who orders anyway, and for how much, comes from the same model.")
    with st.grid(min_column_width=180):
        st.metric(
            "Expected gain",
            money(answer.gain),
            f"{money(answer.low)} to {money(answer.high)}",
            delta_color="off",
            delta_arrow="off",
            help="Below it the 80 % range.",
            border=True,
        )
        st.metric("Break-even response", per_hundred(answer.break_even), border=True)
        st.metric("Cost of contacts", money(answer.cost_of_contacts), border=True)
        st.metric("Offer to who orders anyway", money(answer.cost_of_offer_anyway), border=True)
    st.altair_chart(
        gain_curve(
            gain_by_response(chosen, campaign),
            title=_title(answer),
            assumed=campaign.response,
            break_even=answer.break_even,
        ),
        width="stretch",
        alt="Expected gain of the campaign by response, with the break-even marked",
    )
    rough = (
        " Fewer than ten extra orders are expected, so the range is rough."
        if answer.is_rough
        else ""
    )
    st.caption(
        "The 80 % range holds the assumed response, give or take; who responds and who orders "
        "anyway, by chance; what they spend; and how well the data settle their order values. The "
        f"band in the chart leaves out the response, which is its axis.{rough}"
    )
    pays = np.zeros(len(mask), dtype=bool)
    pays[np.flatnonzero(mask)[answer.each > 0]] = True
    _for_whom(found, mask, pays, answer)
    with st.expander("The formulas"):
        formulas(campaign, answer)
    return pays


def verdict(answer: WhatIf, campaign: Campaign) -> None:
    """One sentence: it pays, it does not, or it cannot be told."""
    at = f"At {100 * campaign.response:g} extra orders per 100 contacted"
    words = {
        "pays": f"{at}, this campaign pays: every gain in the 80 % range is above zero.",
        "does not pay": f"{at}, this campaign does not pay: every gain in the 80 % range is below "
        "zero.",
        "cannot be told": f"{at}, it cannot be told whether this campaign pays: the 80 % range of "
        "the gain holds zero.",
    }[answer.verdict]
    icons = {"pays": st.success, "does not pay": st.warning, "cannot be told": st.info}
    end = (
        "No response can pay for it: an extra order brings no more than the offer costs."
        if answer.break_even is None or answer.break_even > 1
        else f"It breaks even at {per_hundred(answer.break_even)} per 100."
    )
    icons[answer.verdict](f"**{words}** {end}".replace("80 %", "80\N{NO-BREAK SPACE}%"))


def per_hundred(response: float | None) -> str:
    """A response as extra orders per 100; a dash where there is none."""
    return "–" if response is None or response > 1 else rounded(100 * response, 2)


def _title(answer: WhatIf) -> str:
    if answer.break_even is None or answer.break_even > 1:
        return "No response makes this campaign pay"
    return f"The campaign pays from {per_hundred(answer.break_even)} extra orders per 100 on"


def _for_whom(found: Analysis, mask: Mask, pays: Mask, answer: WhatIf) -> None:
    st.markdown(
        f"**It pays for {counted(int(pays.sum()), 'customer')} of {int(mask.sum()):,}** at the "
        "assumed response, taken one by one: whose order is worth more than the contact and the "
        "offer that they would have done without."
    )
    if not pays.any():
        return
    rows = found.frame[mask].assign(expected_gain=answer.each)
    rows = rows[rows["expected_gain"] > 0].sort_values("expected_gain", ascending=False)
    frame_list(found, rows, "campaign-pays", key="pays")
    st.caption(
        "The list is ranked by expected gain per customer. A response differs between customers, "
        "and yours is one figure for all: trust the order within similar customers only."
    )


def formulas(campaign: Campaign, answer: WhatIf) -> None:
    """How the figures are made."""
    offer = (
        f"{share(campaign.discount, 1)} of the order"
        if campaign.discount
        else f"{money(campaign.gift)} per order"
    )
    st.markdown(
        f"""
For each customer, with the expected order value *m* and the chance *p* of an order within
{campaign.window_days} days anyway (both the model's), the margin *g* = {share(campaign.margin)},
the offer *o* ({offer}), the response *r* and the cost of a contact *c*:

- **gain** = r × (g × m − o) − p × o − c, summed over the customers;
- **break-even response** = (sum of p × o + customers × c) / sum of (g × m − o)
  = ({money(answer.cost_of_offer_anyway)} + {money(answer.cost_of_contacts)}) /
  ({answer.customers:,} × {money(answer.gain_per_extra_order)}).

One order per customer within the window takes the offer. The response is the same for everyone,
and what an extra order may take from orders after the window is not in it.
""".replace("%", "\\%")
    )
