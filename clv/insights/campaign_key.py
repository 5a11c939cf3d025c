"""The key of a campaign: who was contacted and who was left out, in a file that the user keeps.

It holds ids and nothing else about a customer, so that a later file can show the uplift.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from clv.errors import CLVError
from clv.settings import FIRST_YEAR, LAST_YEAR

FORMAT: Final = "clv campaign key 1"
LARGEST: Final = 200_000_000  # characters
MOST_DAYS: Final = 3660
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, kw_only=True)
class CampaignKey:
    """A campaign as it was planned.

    drawn_on: the day the control group was drawn; analysis_date: the last day of the data then;
    contact_date: the first day that counts; window_days: days that count from then on; treated,
    control: customer ids.
    """

    name: str
    drawn_on: date
    seed: int
    analysis_date: date
    contact_date: date
    window_days: int
    treated: tuple[str, ...]
    control: tuple[str, ...]

    @property
    def campaign_id(self) -> str:
        """Ten characters that no other campaign has."""
        content = (self.name, str(self.contact_date), self.seed, self.treated, self.control)
        return hashlib.sha256(repr(content).encode()).hexdigest()[:10]

    def to_json(self) -> str:
        """The text of the key file."""
        content = {
            "what": FORMAT,
            "campaign": self.campaign_id,
            "name": self.name,
            "drawn_on": str(self.drawn_on),
            "seed": self.seed,
            "analysis_date": str(self.analysis_date),
            "contact_date": str(self.contact_date),
            "window_days": self.window_days,
            "treated": list(self.treated),
            "control": list(self.control),
        }
        return json.dumps(content, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "CampaignKey":
        """The key in the text of a file. Raises CLVError for anything else, or a changed one."""
        content = _parsed(text)
        try:
            key = cls(
                name=_text(content["name"])[:_LONGEST_NAME],
                drawn_on=date.fromisoformat(_text(content["drawn_on"])),
                seed=int(content["seed"]),
                analysis_date=date.fromisoformat(_text(content["analysis_date"])),
                contact_date=date.fromisoformat(_text(content["contact_date"])),
                window_days=int(content["window_days"]),
                treated=_ids(content["treated"]),
                control=_ids(content["control"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError):
            raise _broken("a part of it is missing or cannot be read") from None
        if content.get("campaign") != key.campaign_id:
            raise _broken("it was changed after it was made")
        if not 1 <= key.window_days <= MOST_DAYS:
            raise _broken("its window cannot be")
        if not FIRST_YEAR <= key.contact_date.year <= LAST_YEAR:
            raise _broken("the day of its contact cannot be")
        everyone = [*key.treated, *key.control]
        if len(set(everyone)) < len(everyone):
            raise _broken("a customer is in it twice")
        return key


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > LARGEST:
        raise _broken("it is too large")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise _foreign() from None
    if not isinstance(content, dict) or content.get("what") != FORMAT:
        raise _foreign()
    return content


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _ids(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(_text(each) for each in value)


def _foreign() -> CLVError:
    return CLVError(
        "This file is not the key of a campaign.",
        "Choose the file whose name begins with “key” that came with the list to contact.",
    )


def _broken(why: str) -> CLVError:
    return CLVError(
        f"This key cannot be used: {why}.",
        "Choose the key file as it was downloaded with the list to contact.",
    )
