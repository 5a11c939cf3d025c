"""What is loaded before the first visitor is out of the way of the collector."""

import subprocess
import sys

from scripts.running_app import ROOT

PROGRAM = """
import gc, sys
from clv.ui.warm import warm
warm()
assert {"clv.ui.health", "clv.charts.value", "altair", "pandas"} <= set(sys.modules)
assert gc.get_freeze_count() > 100_000
assert len(gc.get_objects()) < 1_000
"""


def test_the_modules_of_the_pages_are_loaded_and_never_collected() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, check=True, capture_output=True)
