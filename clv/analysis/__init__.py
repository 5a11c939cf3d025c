"""The only wiring from transactions to answers: settings in, a frozen Analysis out.

`prepare` does what depends on the data and the choice of model (summary, test, fits, formula
terms); `evaluate` puts margin, horizon and discount to it and is fast enough to follow a slider.
"""

from clv.analysis.evaluation import Analysis, Totals, analyse, evaluate
from clv.analysis.preparation import ModelResult, Prepared, prepare

__all__ = ["Analysis", "ModelResult", "Prepared", "Totals", "analyse", "evaluate", "prepare"]
