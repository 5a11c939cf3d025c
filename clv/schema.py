"""Names, units and types of the tables. After mapping, no other names are used.

`transactions` holds one row per order line, `customers` one row per customer.
Money is DECIMAL(18, 4) in one currency while rows are summed (sums do not depend on
the order of rows) and float in small results. Times in models are whole days.
"""

from typing import Final

# Roles that a column of the user's file can play.
CUSTOMER_ID: Final = "customer_id"
ORDER_ID: Final = "order_id"
ORDERED_AT: Final = "ordered_at"
ORDER_TIME: Final = "order_time"
PRODUCT_ID: Final = "product_id"
PRODUCT: Final = "product"
CATEGORY: Final = "category"
SUBCATEGORY: Final = "subcategory"
QUANTITY: Final = "quantity"
UNIT_PRICE: Final = "unit_price"
AMOUNT: Final = "amount"
COST: Final = "cost"
DISCOUNT: Final = "discount"
CHANNEL: Final = "channel"
COUNTRY: Final = "country"
STATUS: Final = "order_status"
CURRENCY: Final = "currency"
REFUNDED: Final = "refunded"
REFUND_OF: Final = "refund_of"

REQUIRED_ROLES: Final = (CUSTOMER_ID, ORDERED_AT)
ID_ROLES: Final = (CUSTOMER_ID, ORDER_ID, PRODUCT_ID)
NUMBER_ROLES: Final = (QUANTITY, UNIT_PRICE, AMOUNT, COST, DISCOUNT, REFUNDED)
TEXT_ROLES: Final = (
    PRODUCT,
    CATEGORY,
    SUBCATEGORY,
    CHANNEL,
    COUNTRY,
    STATUS,
    CURRENCY,
    REFUND_OF,
)
ROLES: Final = (
    CUSTOMER_ID,
    ORDERED_AT,
    ORDER_TIME,
    ORDER_ID,
    AMOUNT,
    QUANTITY,
    UNIT_PRICE,
    COST,
    DISCOUNT,
    PRODUCT_ID,
    PRODUCT,
    CATEGORY,
    SUBCATEGORY,
    CHANNEL,
    COUNTRY,
    STATUS,
    CURRENCY,
    REFUNDED,
    REFUND_OF,
)

ROLE_LABELS: Final = {
    CUSTOMER_ID: "Customer",
    ORDERED_AT: "Order date",
    ORDER_TIME: "Order time",
    ORDER_ID: "Order number",
    AMOUNT: "Amount",
    QUANTITY: "Quantity",
    UNIT_PRICE: "Unit price",
    COST: "Cost of goods",
    DISCOUNT: "Discount",
    PRODUCT_ID: "Product number",
    PRODUCT: "Product name",
    CATEGORY: "Category",
    SUBCATEGORY: "Subcategory",
    CHANNEL: "Channel",
    COUNTRY: "Country",
    STATUS: "Order status",
    CURRENCY: "Currency",
    REFUNDED: "Paid back",
    REFUND_OF: "Order paid back",
}

ROLE_HELP: Final = {
    CUSTOMER_ID: "Who ordered: a customer number, an e-mail address or a name.",
    ORDERED_AT: "The day of the order.",
    ORDER_TIME: "The time of day, when the file has it in a column of its own.",
    ORDER_ID: "Lines with the same number are one order.",
    AMOUNT: "Money for the line. Leave empty to use quantity x unit price.",
    QUANTITY: "Number of pieces. Negative for returns.",
    UNIT_PRICE: "Money for one piece.",
    COST: "What the line cost you. Gives the margin.",
    DISCOUNT: "What is taken off quantity x unit price. An amount has it off already.",
    PRODUCT_ID: "Product number or SKU. Helps to find the order that a refund belongs to.",
    PRODUCT: "Product name.",
    CATEGORY: "Product group.",
    SUBCATEGORY: "Product group one level down.",
    CHANNEL: "Web, shop, marketplace ...",
    COUNTRY: "Country or market of the customer.",
    STATUS: "Paid, shipped, cancelled ... Orders marked as cancelled are found by it.",
    CURRENCY: "EUR, USD ... Different currencies are never added up.",
    REFUNDED: "Money paid back on the order. It is taken off the amount.",
    REFUND_OF: "On a row that takes money back: the number of the order that it pays back.",
}

# Columns added on the way.
ROW_NUMBER: Final = "row_number"  # the number a spreadsheet shows for the row of the file
BOOKED_AT: Final = "booked_at"  # the row's own time; ordered_at of a netted refund is its order's
IS_REFUND: Final = "is_refund"  # True for lines that take money back; never a purchase

# Files with one row per customer: what such a row may say beyond the columns of `customers`.
INTERESTS: Final = "interests"  # a list: categories that the customer looks at or buys from
CHANNELS_USED: Final = "channels_used"  # every channel with an order: "Online and Offline"
MAIN_CHANNEL: Final = "main_channel"  # the channel with most orders; of two, with more revenue

# customers: from the orders
FIRST_ORDER: Final = "first_order"
LAST_ORDER: Final = "last_order"
FREQUENCY: Final = "frequency"  # purchase days - 1
RECENCY: Final = "recency"  # days from first to last purchase day
T: Final = "T"  # days from first purchase day to the analysis date
MONETARY: Final = "monetary"  # mean net revenue per repeat purchase day
ORDERS: Final = "orders"
REVENUE: Final = "revenue"
MARGIN: Final = "margin"

# customers: what those known on the day of a test did after it
LATER_PURCHASES: Final = "later_purchases"  # purchase days
LATER_REVENUE: Final = "later_revenue"

# customers: after valuation (money over the stated horizon, margin applied)
P_ALIVE: Final = "p_alive"
EXPECTED_ORDERS: Final = "expected_orders"
EXPECTED_ORDER_VALUE: Final = "expected_order_value"
HISTORIC_VALUE: Final = "historic_value"
PREDICTED_CLV: Final = "predicted_clv"
PREDICTED_CLV_LOW: Final = "predicted_clv_low"
PREDICTED_CLV_HIGH: Final = "predicted_clv_high"
TOTAL_VALUE: Final = "total_value"
NEXT_ORDER_DATE: Final = "next_order_date"
P_ORDER_30D: Final = "p_order_30d"

# customers: after segmentation
TIER: Final = "tier"
RFM: Final = "rfm"
SEGMENT: Final = "segment"
CUSTOMER_STATUS: Final = "status"
VALUE_RISK: Final = "value_risk"  # predicted value against P(alive)

CUSTOMER_COLUMNS: Final = (
    CUSTOMER_ID,
    FIRST_ORDER,
    LAST_ORDER,
    FREQUENCY,
    RECENCY,
    T,
    MONETARY,
    ORDERS,
    REVENUE,
    MARGIN,
    P_ALIVE,
    EXPECTED_ORDERS,
    EXPECTED_ORDER_VALUE,
    HISTORIC_VALUE,
    PREDICTED_CLV,
    PREDICTED_CLV_LOW,
    PREDICTED_CLV_HIGH,
    TOTAL_VALUE,
    NEXT_ORDER_DATE,
    P_ORDER_30D,
    TIER,
    RFM,
    SEGMENT,
    CUSTOMER_STATUS,
    VALUE_RISK,
)

DAYS_PER_YEAR: Final = 365.25
DAYS_PER_MONTH: Final = 30.4375
DAYS_PER_WEEK: Final = 7.0
