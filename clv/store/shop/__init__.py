"""The shop database: a star schema of one's own orders, and a source like any file.

database = create_shop()              # CLV_SHOP_URL, or shop.db in the store folder
fill(database, Plan(customers=3000))  # or load_file(database, "customers", "customers.csv")
raw, recipe = orders(database), RECIPE
"""
