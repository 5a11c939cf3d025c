"""Do the recommendations hit? The last order of every customer is hidden and foretold.

    .venv/bin/python -m benchmarks.recommendations orders.csv

A hit: one of the three products is in the hidden order. Counted are customers with two orders or
more whose hidden order holds a product that they had not bought before. Beside it, the rule that
anyone could use: the best sellers that the customer has not bought yet.
"""

import sys
import time

import ibis
import numpy as np

import clv
from clv.insights import recommend as rec
from clv.insights.lines import CUSTOMER, ITEM
from clv.insights.price_points import category_level, item_prices


class Earlier:
    """Lines without the last order of each customer, asked like `Lines`."""

    def __init__(self, lines):
        self.lines, self.levels, self.items = lines, lines.levels, lines.items

    def level_column(self, level):
        return self.lines.level_column(level)

    def ask(self, question, kept=None, days=(), *args):
        return self.lines.ask(lambda table: question(split(table)[0], *args), kept, days)


def split(table):
    last = ibis.ifelse(table.is_refund, None, table.number).max()
    last = last.over(ibis.window(group_by=CUSTOMER))
    marked = table.mutate(last=last)
    earlier = marked.filter((marked.number < marked["last"]) & ~marked.is_refund)
    hidden = marked.filter((marked.number == marked["last"]) & (marked["last"] > 1))
    return earlier.drop("last"), hidden.drop("last")


def hits(best, known, places, items):
    chosen = np.where(best >= 0, known.items[best], -1)
    row = {place: set(found) for place, found in zip(places, chosen, strict=True)}
    return np.mean([bool(row[c] & wanted) for c, wanted in items.items()])


def main(path: str) -> None:
    raw = clv.read(path)
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    found = clv.analyse(shop)
    lines, customers = found.lines, len(found.frame)
    start = time.perf_counter()
    known = rec.learn(lines, customers)
    learnt = time.perf_counter()
    rec.recommend(lines, known, np.ones(customers, dtype=bool))
    done = time.perf_counter()
    print(f"{customers:,} customers, {known.products:,} products")
    print(f"learnt in {learnt - start:.2f} s, recommended to all in {done - learnt:.2f} s")
    earlier = Earlier(lines)
    pairs = earlier.ask(rec.bought_items)
    level = category_level(lines)
    prices = earlier.ask(item_prices).set_index(ITEM)["price"]
    known = rec.recommender(pairs, customers, prices, lines.items[level] if level else None)
    hidden = lines.ask(lambda table: rec.bought_items(split(table)[1]))
    fresh = hidden.merge(pairs, how="left", on=[CUSTOMER, ITEM], indicator=True)
    fresh = fresh[fresh["_merge"] == "left_only"]
    items = fresh.groupby(CUSTOMER)[ITEM].agg(set).to_dict()
    places = np.array(sorted(items), dtype=np.intp)
    kept = np.zeros(customers, dtype=bool)
    kept[places] = True
    usual = rec.usual_prices(earlier, kept, known.groups)
    best = known.best(places, usual)
    owned = known.owned[places].toarray()
    seller = np.where(owned > 0, -1.0, known.buyers[None, :])
    sellers = np.argsort(-seller, axis=1, kind="stable")[:, : rec.PICKS]
    anything = rec.Prices(usual.low * np.nan, usual.high * np.nan,
                          usual.any_low * np.nan, usual.any_high * np.nan)  # fmt: skip
    within = np.where(usual.fit(known.price, known.group), seller, -1.0)
    bounded = np.argsort(-within, axis=1, kind="stable")[:, : rec.PICKS]
    table = {
        "recommended": best,
        "recommended, any price": known.best(places, anything),
        "best sellers not yet bought": sellers,
        "best sellers in the price range": bounded,
    }
    print(f"{len(places):,} customers bought something new in their last order")
    for name, picks in table.items():
        print(f"{name:32} {100 * hits(picks, known, places, items):5.1f} %")


if __name__ == "__main__":
    main(sys.argv[1])
