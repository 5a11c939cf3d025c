"""Where the pages are: outside the folder of the executed script, so by absolute path.

Streamlit resolves other paths against that folder, also in `st.page_link` and
`st.switch_page`.
"""

from pathlib import Path
from typing import Final

PAGES: Final = Path(__file__).resolve().parents[2] / "pages"


def page_file(name: str) -> str:
    """The file of a page, for example `page_file("overview")`."""
    return str(PAGES / f"{name}.py")
