"""The models: how often customers buy and when they leave, and what they spend."""

from clv.models.bg_nbd import BGNBD, MBGNBD
from clv.models.bg_nbd_fit import fit_bg_nbd, fit_mbg_nbd
from clv.models.fitting import Fit, Verdict
from clv.models.gamma_gamma import GammaGamma
from clv.models.gamma_gamma_fit import fit_gamma_gamma
from clv.models.nbd import NBD, SameRate
from clv.models.nbd_fit import fit_nbd, fit_one_rate
from clv.models.pareto_nbd import ParetoNBD
from clv.models.pareto_nbd_fit import fit_pareto_nbd
from clv.models.purchase_model import PurchaseModel, purchase_probabilities

__all__ = [
    "BGNBD",
    "MBGNBD",
    "NBD",
    "Fit",
    "GammaGamma",
    "ParetoNBD",
    "PurchaseModel",
    "SameRate",
    "Verdict",
    "fit_bg_nbd",
    "fit_gamma_gamma",
    "fit_mbg_nbd",
    "fit_nbd",
    "fit_one_rate",
    "fit_pareto_nbd",
    "purchase_probabilities",
]
