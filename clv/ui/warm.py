"""What the pages need, loaded before the first visitor and put out of the collector's way."""

import gc
import importlib
import pkgutil
from pathlib import Path


def warm() -> None:
    """Load the modules of every page, and put them out of the collector's way. Once.

    Streamlit collects garbage after each run of a script, over all there is, and every visitor
    waits. What is frozen here (modules, classes, functions) is never garbage.
    """
    for found in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if found.name != "app":  # the script itself
            importlib.import_module(f"clv.ui.{found.name}")
    gc.collect()
    gc.freeze()
