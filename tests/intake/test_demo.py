import pytest

import clv
from clv.errors import CLVError
from clv.intake.demo import DEMOS, TRUTH


def test_cdnow_is_the_published_file(real):
    raw = clv.demo("CDNOW")
    assert raw.rows == 69_659
    assert raw.rows == len(real("cdnow/CDNOW_master.txt").read_text().splitlines()) - 1
    shop = clv.clean(raw, clv.suggest_mapping(raw))
    assert shop.customers == 23_570
    assert (str(shop.first), str(shop.last)) == ("1997-01-01", "1998-06-30")


def test_the_synthetic_shop_has_something_for_every_page():
    raw = clv.demo("Synthetic shop")
    mapping = clv.suggest_mapping(raw)
    roles = "customer_id order_id ordered_at product_id product category subcategory quantity "
    roles += "unit_price amount cost channel country"
    assert set(mapping.roles) == set(roles.split())
    shop = clv.clean(raw, mapping)
    assert shop.customers == TRUTH.customers
    sold = shop.transactions
    assert sold.filter(sold.is_refund).count().execute() > 50


def test_the_synthetic_shop_is_always_the_same():
    assert clv.demo("Synthetic shop").content_hash == clv.demo("Synthetic shop").content_hash


def test_an_unknown_example_is_refused():
    with pytest.raises(CLVError):
        clv.demo("Nothing")
    assert len(DEMOS) == 2
