"""The models: how often customers buy and when they leave, and what they spend."""

from clv.models.bg_nbd import BGNBD
from clv.models.bg_nbd_fit import fit_bg_nbd
from clv.models.fitting import Fit, Verdict
from clv.models.gamma_gamma import GammaGamma
from clv.models.gamma_gamma_fit import fit_gamma_gamma

__all__ = ["BGNBD", "Fit", "GammaGamma", "Verdict", "fit_bg_nbd", "fit_gamma_gamma"]
