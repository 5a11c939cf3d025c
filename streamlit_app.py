"""Start the app: `streamlit run streamlit_app.py`."""

from pathlib import Path

import streamlit as st

from clv.api import shared
from clv.api.app import routes
from clv.api.safety import middleware
from clv.api.working import lifespan
from clv.ui.warm import warm
from clv.ui.who import needs_sign_in

BASE = str(st.get_option("server.baseUrlPath") or "")

# The script lives elsewhere: a `pages/` folder beside the executed script would make
# Streamlit run a page file on its own when the first request to a server is a deep link.
app = st.App(
    Path(__file__).resolve().parent / "clv" / "ui" / "app.py",
    routes=[*shared.routes(BASE), *routes(BASE)],
    middleware=middleware(BASE, needs_sign_in),
    lifespan=lifespan(warm),
)
