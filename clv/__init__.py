"""What each customer of a shop is worth, how sure that is, and what to do about it.

raw = clv.read("orders.csv")
mapping = clv.suggest_shape(raw)
shop = clv.clean(raw, mapping, clv.Rules())
result = clv.analyse(shop, clv.Settings(margin=0.4, horizon_months=12))
result.customers()
"""

from clv.analysis import Analysis, analyse
from clv.cltv_model import CLTVModel
from clv.errors import (
    AmbiguousFormat,
    CLVError,
    InvalidMapping,
    InvalidSettings,
    MixedCurrencies,
    NotEnoughData,
    UnreadableDatabase,
    UnreadableFile,
)
from clv.intake.cleaning import clean
from clv.intake.combine import read
from clv.intake.corrections import CellFix, Corrections
from clv.intake.customer_mapping import Channel, CustomerMapping, load_mapping
from clv.intake.demo import demo
from clv.intake.mapping import Mapping
from clv.intake.recipe import Recipe
from clv.intake.shop import Shop
from clv.intake.sources import RawTable, ReadOptions
from clv.intake.suggest import suggest_mapping
from clv.intake.suggest_customers import suggest_customers, suggest_shape
from clv.report import report
from clv.settings import Rules, Settings

__all__ = [
    "AmbiguousFormat",
    "Analysis",
    "CLTVModel",
    "CLVError",
    "CellFix",
    "Channel",
    "Corrections",
    "CustomerMapping",
    "InvalidMapping",
    "InvalidSettings",
    "Mapping",
    "MixedCurrencies",
    "NotEnoughData",
    "RawTable",
    "ReadOptions",
    "Recipe",
    "Rules",
    "Settings",
    "Shop",
    "UnreadableDatabase",
    "UnreadableFile",
    "analyse",
    "clean",
    "demo",
    "load_mapping",
    "read",
    "report",
    "suggest_customers",
    "suggest_mapping",
    "suggest_shape",
]
