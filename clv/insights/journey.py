"""From one order to the next: which groups of products customers move between."""

from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from clv import schema
from clv.insights.lines import CUSTOMER, NUMBER

ORDERS: Final = 4  # as far as the journey is followed
NO_NEXT: Final = "No next order"
OTHERS: Final = "All others"
UNNAMED: Final = "Not named"
COLUMNS: Final = ["step", "from", "to", "customers", "share"]


def journey(lines: ir.Table, column: str, most: int) -> pd.DataFrame:
    """Customers by the main group of one order and of the next one, up to the fourth order.

    The main group of an order is the one with most money in it (of equals the first by name);
    the `most` frequent ones keep their name. Lines must not be cut to some days. Returns step
    (1: from the first order to the second), from, to (NO_NEXT where no order followed so far),
    customers, share (of the customers of `from` in this step, 0 to 1).
    """
    main = _main_group(lines, column)
    after = main.name.lead().over(group_by=CUSTOMER, order_by=NUMBER)
    moves = main.mutate(to=after.fill_null(NO_NEXT)).filter(lambda t: t[NUMBER] < ORDERS)
    keys = {"step": moves[NUMBER], "start": moves.name, "to": moves.to}
    table: pd.DataFrame = moves.group_by(**keys).aggregate(customers=moves.count()).execute()
    table = table.rename(columns={"start": "from"}).astype({"step": int, "customers": int})
    top = _most_frequent(table, most)
    for side in ("from", "to"):
        table[side] = table[side].where(table[side].isin([*top, UNNAMED, NO_NEXT]), OTHERS)
    table = table.groupby(["step", "from", "to"])[["customers"]].sum().reset_index()
    table["share"] = table["customers"] / table.groupby(["step", "from"])["customers"].transform(
        "sum"
    )
    place = {name: i for i, name in enumerate([*top, OTHERS, UNNAMED, NO_NEXT])}
    order = np.lexsort((table["to"].map(place), table["from"].map(place), table["step"]))
    return table.iloc[order][COLUMNS].reset_index(drop=True)


def _most_frequent(moves: pd.DataFrame, most: int) -> list[str]:
    """The groups that are most often the main one of an order."""
    names = pd.concat([moves["from"], moves["to"]])
    counts = pd.DataFrame({"name": names, "n": pd.concat([moves["customers"]] * 2)})
    counts = counts[~counts["name"].isin([UNNAMED, NO_NEXT])]
    sums = counts.groupby("name")[["n"]].sum().reset_index()
    ordered = sums.sort_values(["n", "name"], ascending=[False, True])
    return [str(name) for name in ordered["name"].head(most)]


def _main_group(lines: ir.Table, column: str) -> Any:
    """customer, number, name: the group with most money in each of the first orders."""
    bought = lines.filter(~lines[schema.IS_REFUND], lines[NUMBER] <= ORDERS)
    name = bought[column].nullif("").fill_null(UNNAMED)
    keys = [CUSTOMER, NUMBER]
    sums = bought.group_by(*keys, name=name).aggregate(money=bought[schema.AMOUNT].sum())
    best = ibis.row_number().over(group_by=keys, order_by=[ibis.desc(sums.money), sums.name])
    return sums.mutate(rank=best).filter(lambda t: t["rank"] == 0).select(*keys, "name")


def goes_on(steps: pd.DataFrame, step: int) -> tuple[float, str, float]:
    """Of one step: the share of customers who ordered again so far, the group that most customers
    stayed in ("" where nobody did), and the share of its customers who did."""
    now = steps[steps["step"] == step]
    total = int(now["customers"].sum())
    further = int(now.loc[now["to"] != NO_NEXT, "customers"].sum())
    stays = now[(now["from"] == now["to"]) & ~now["from"].isin([OTHERS, UNNAMED])]
    if not total or stays.empty:
        return (further / total if total else float("nan")), "", float("nan")
    largest = stays.sort_values("customers", kind="stable").iloc[-1]
    return further / total, str(largest["from"]), float(largest["share"])
