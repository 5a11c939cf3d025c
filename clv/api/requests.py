"""What the caller may say of an analysis to be made."""

from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from clv.api.files import HowToRead
from clv.api.values import Day, Number, Truth, Whole
from clv.intake.demo import CDNOW, DEMOS
from clv.settings import AUTOMATIC, MAX_HORIZON_MONTHS, ChurnMethod, ModelName, Refunds

Demo = Literal["CDNOW", "Synthetic shop"]
assert get_args(Demo) == DEMOS, "the examples that there are"


class OwnRFM(BaseModel):
    """Own cut points and names of the RFM grid; empty ones are as usual."""

    model_config = ConfigDict(extra="forbid")
    recency_days: list[Number] = Field([], max_length=4, description="Four rising numbers.")
    orders: list[Number] = Field([], max_length=4, description="Four rising numbers.")
    revenue: list[Number] = Field([], max_length=4, description="Four rising numbers.")
    names: list[tuple[str, str]] = Field([], max_length=25, description="(cell, name) pairs.")


class HowToValue(BaseModel):
    """How value is computed. Shares are from 0 to 1: 0.4 is 40 %."""

    model_config = ConfigDict(extra="forbid")
    margin: Number | None = Field(
        None, ge=0, le=1, description="Gross margin; null: from the cost column, else 0.4."
    )
    horizon_months: Whole = Field(12, ge=1, le=MAX_HORIZON_MONTHS, description="Months ahead.")
    annual_discount: Number = Field(0.10, ge=0, le=1, description="Yearly rate.")
    churn_method: ChurnMethod = "period_over_period"
    model: ModelName = AUTOMATIC
    analysis_date: Day | None = Field(
        None, description="The day the figures speak of; null: the last order."
    )
    coverage: Number = Field(0.8, ge=0.5, le=0.95, description="Share of outcomes in an interval.")
    inactive_months: Whole = Field(3, ge=1, le=120)
    long_gone_months: Whole = Field(6, ge=2, le=240)
    new_days: Whole = Field(30, ge=0, le=3650)
    tiers: Whole = Field(4, ge=3, le=10)
    rfm: OwnRFM = OwnRFM()


class NewAnalysis(BaseModel):
    """An analysis to be made: what of, how it is read, how value is computed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"demo": CDNOW, "settings": {"margin": 0.4}}]},
    )
    file: str | None = Field(
        None, pattern="^[0-9a-f]{32}$", description="The id that POST /files gave."
    )
    demo: Demo | None = Field(None, description="An example in place of a file.")
    shop_database: Truth = Field(False, description="The shop database in place of a file.")
    name: str | None = Field(
        None, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f].*$"
    )
    read: HowToRead | None = None
    mapping: dict[str, Any] | None = Field(
        None, description="As suggested by POST /files/{id}/mapping; null: suggested."
    )
    recipe: dict[str, Any] | None = Field(
        None, description="A saved recipe: mapping, rules and corrections; in place of mapping."
    )
    refunds: Refunds | None = Field(None, description="Null: as in the recipe, else net.")
    settings: HowToValue = HowToValue()

    @model_validator(mode="after")
    def _one_source(self) -> "NewAnalysis":
        if sum((self.file is not None, self.demo is not None, self.shop_database)) != 1:
            raise ValueError("give exactly one of file, demo and shop_database")
        if self.mapping is not None and self.recipe is not None:
            raise ValueError("give mapping or recipe, not both")
        return self


class NewName(BaseModel):
    """Another name for a saved analysis."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=100, examples=["Spring 2026"])
