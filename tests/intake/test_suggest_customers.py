"""Which files are taken to have one row per customer, and what their columns say."""

import pytest

import clv


@pytest.fixture
def suggestion(tmp_path, request):
    request.getfixturevalue("here")

    def of(header, row, rows=60):
        path = tmp_path / "file.csv"
        path.write_text("\n".join([header, *(row(i) for i in range(rows))]) + "\n")
        return clv.suggest_shape(clv.read(path))

    return of


def plain_row(i, mark=","):
    return mark.join(
        (
            f"K{i:04}",
            f"2022-{1 + i % 12:02}-03",
            f"2023-{1 + i % 9:02}-21",
            f"{2 + i % 5}",
            f"{i}.50",
        )
    )


@pytest.mark.parametrize(
    "header",
    [
        "customer_id,first_order_date,last_order_date,number_of_orders,total_spent",
        "CustomerID,FirstPurchase,LastPurchase,PurchaseCount,TotalRevenue",
        "id,first purchase,last purchase,frequency,monetary value",
        "Kundennummer,Erste Bestellung,Letzte Bestellung,Anzahl Bestellungen,Umsatz",
        "Kundennr,Erstkauf,Letztkauf,Anzahl Käufe,Gesamtumsatz",
        "id client,première commande,dernière commande,nombre de commandes,montant total",
        "id cliente,primera compra,última compra,número de compras,importe total",
        "id cliente,primeira compra,última compra,quantidade de pedidos,valor total",
        "codice cliente,primo ordine,ultimo ordine,numero ordini,spesa totale",
        "klantnummer,eerste bestelling,laatste bestelling,aantal bestellingen,omzet",
        "musteri id,ilk siparis tarihi,son siparis tarihi,toplam siparis sayisi,toplam harcama",
        "客户编号,首次购买日期,最近购买日期,购买次数,总金额",
        "顧客番号,初回注文日,最終注文日,注文回数,売上",
    ],
)
def test_header_words_of_many_languages_are_understood(suggestion, header):
    names = header.split(",")
    found = suggestion(header, plain_row)
    assert isinstance(found, clv.CustomerMapping)
    assert found.customer_id == names[0]
    assert (found.first_order, found.last_order) == (names[1], (names[2],))
    assert (found.orders, found.revenue) == ((names[3],), (names[4],))


def test_the_file_of_the_shoe_shop_is_understood_whole(real):
    found = clv.suggest_shape(clv.read(real("flo/flo_data_20k.csv.gz")))
    assert found == clv.CustomerMapping(
        customer_id="master_id",
        first_order="first_order_date",
        last_order=("last_order_date", "last_order_date_online", "last_order_date_offline"),
        orders=("order_num_total_ever_online", "order_num_total_ever_offline"),
        revenue=("customer_value_total_ever_online", "customer_value_total_ever_offline"),
        channels=(
            clv.Channel(
                name="Online",
                orders="order_num_total_ever_online",
                revenue="customer_value_total_ever_online",
            ),
            clv.Channel(
                name="Offline",
                orders="order_num_total_ever_offline",
                revenue="customer_value_total_ever_offline",
            ),
        ),
        interests="interested_in_categories_12",
        attributes=("order_channel", "last_order_channel"),
        date_order="ymd",
        decimal=".",
    )


@pytest.mark.parametrize(
    "name",
    [
        "apparel/apparelTrans.csv",
        "cdnow/CDNOW_master.txt",
        "cdnow/CDNOW_sample.txt",
        "classic_models/sales_data_sample.csv",
        "online_retail/online_retail.csv.gz",
        "superstore/Sample - Superstore.xls",
        "layouts/shopify_orders_continuation_rows.csv",
        "layouts/woocommerce_template.csv",
        "layouts/square_items_detail.csv",
    ],
)
def test_files_of_orders_stay_files_of_orders(real, name):
    raw = clv.read(real(name))
    assert clv.suggest_customers(raw) is None
    assert clv.suggest_shape(raw) == clv.suggest_mapping(raw)


def test_a_total_beside_its_channels_is_not_added_to_them(suggestion):
    header = (
        "id,first order,last order,orders,orders web,orders shop,revenue,revenue web,revenue shop"
    )
    found = suggestion(
        header,
        lambda i: f"K{i},2022-01-03,2023-02-21,{5 + i % 4},{2 + i % 4},3,{30 + i}.5,{20 + i}.5,10",
    )
    assert (found.orders, found.revenue) == (("orders",), ("revenue",))
    assert [channel.name for channel in found.channels] == ["Web", "Shop"]


def test_averages_and_single_orders_are_not_the_revenue(suggestion):
    header = (
        "id,first order,last order,last order value,average order value,total orders,total spent"
    )
    found = suggestion(
        header, lambda i: f"K{i},2022-01-03,2023-02-21,{i}.5,{i}.2,{2 + i % 4},{i}.9"
    )
    assert (found.orders, found.revenue) == (("total orders",), ("total spent",))


@pytest.mark.parametrize(
    ("what", "row"),
    [
        ("customers come back", lambda i: plain_row(i % 20)),
        ("first is after last", lambda i: plain_row(i).replace("2022", "2024")),
        ("half an order", lambda i: plain_row(i).replace(f",{2 + i % 5},", f",{2 + i % 5}.5,")),
    ],
)
def test_values_overrule_the_header(suggestion, what, row):
    header = "customer_id,first_order_date,last_order_date,number_of_orders,total_spent"
    assert isinstance(suggestion(header, row), clv.Mapping), what


def test_customers_who_come_back_beyond_the_sample_make_it_a_file_of_orders(suggestion):
    header = "customer_id,first_order_date,last_order_date,number_of_orders,total_spent"
    assert isinstance(suggestion(header, lambda i: plain_row(i % 3200), rows=7000), clv.Mapping)


def test_one_column_that_tells_speaks_for_the_dates_of_all(suggestion):
    header = "customer_id,first_order_date,last_order_date,number_of_orders,total_spent"
    both = suggestion(header, lambda i: f"K{i},03/04/2021,{13 + i % 9}/06/2022,3,{i}.50")
    assert both.date_order == "dmy"
    neither = suggestion(header, lambda i: f"K{i},03/04/2021,05/06/2022,3,{i}.50")
    assert neither.date_order is None


def test_a_column_of_currencies_is_found_and_is_no_attribute(suggestion):
    header = "customer_id,first_order_date,last_order_date,number_of_orders,total_spent,currency"
    found = suggestion(header, lambda i: plain_row(i) + (",EUR" if i % 2 else ",USD"))
    assert found.currency == "currency"
    assert found.attributes == ()


def test_the_point_of_a_mark_is_no_decimal_mark(suggestion):
    header = "customer_id,first_order_date,last_order_date,number_of_orders,total_spent"
    found = suggestion(header, lambda i: plain_row(i)[: -len(f"{i}.50")] + f'"{i},50 kr."')
    assert found.decimal == ","
