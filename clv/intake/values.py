"""How a single cell is written: is it missing, a number, a date?

The patterns are the one description of numbers and dates in the product: the functions here
use them on samples, `clv.intake.casting` uses the same ones on whole columns inside the
engine. They therefore stay within what both Python and RE2 understand (linear, no look-around).
"""

import re
from typing import Final, Literal

from clv.intake.marks import MARK

Kind = Literal["empty", "number", "date", "text"]

MISSING: Final = frozenset(
    {"null", "nan", "n/a", "na", "none", "-", "--", "#n/a", "<na>", "nat", "nil", "(null)", "\\n"}
)

SPACES: Final = " \u00a0\u202f\u2009\t"  # blank, no-break, narrow no-break, thin, tab
_BLANK = f"[{SPACES}]*"

# A number is taken apart in three steps: currency off, sign off, digits checked.
CURRENCY_BEFORE: Final = rf"^{_BLANK}([-−+(]?){_BLANK}{MARK}{_BLANK}"
CURRENCY_AFTER: Final = rf"{_BLANK}{MARK}{_BLANK}([-−)]?){_BLANK}$"
NEGATIVE: Final = r"^(?:\(.*\)|[-−].*|.*[-−])$"
SIGN: Final = rf"^\({_BLANK}(.*?){_BLANK}\)$|^[-−+]{_BLANK}|{_BLANK}[-−]$"
_GROUP = f"[{SPACES}'’"
GROUPS: Final = {".": f"{_GROUP},]", ",": f"{_GROUP}.]"}
DIGITS: Final = {
    mark: (
        rf"^(?:(?:[0-9]+|[0-9]{{1,3}}(?:{GROUPS[mark]}[0-9]{{2,3}})*{GROUPS[mark]}[0-9]{{3}})"
        rf"(?:[{mark}][0-9]*)?|[{mark}][0-9]+|[0-9]+(?:[{mark}][0-9]+)?[eE][+-]?[0-9]{{1,3}})$"
    )
    for mark in (".", ",")
}
PLAIN: Final = {".": r"^-?[0-9]+(?:\.[0-9]+)?$", ",": r"^-?[0-9]+(?:,[0-9]+)?$"}

# Dates: a day, then perhaps a time of day and an offset. The clock on the wall counts: the
# offset is dropped, so that an order stays on the day that its customer saw.
CLOCK: Final = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?: ?[AaPp]\.?[Mm]\.?)?"
OFFSET: Final = r"(?: ?(?:Z|UTC|GMT|[A-Z]{2,4}T|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2}))"
AFTER_DAY: Final = rf"(?:(?:T|,? +){CLOCK}{OFFSET}?)?$"
_WORD = r"[A-Za-zäöüéèûàçãêâôőúí]{3,10}"
_WEEKDAY = rf"(?:{_WORD}\.?,? +)?"
DAY_PATTERNS: Final = {
    "year_first": r"^([0-9]{4})[-/.年] ?([0-9]{1,2})[-/.月] ?([0-9]{1,2})日?",
    "numeric": r"^([0-9]{1,4})[-/. ]{1,2}([0-9]{1,2})[-/. ]{1,2}([0-9]{4}|[0-9]{2})",
    "day_month_word": (
        rf"^{_WEEKDAY}([0-9]{{1,2}})(?:st|nd|rd|th|\.|º)?(?: de)?[-/ ]"
        rf"({_WORD})\.?(?: de)?[-/ ,]{{1,2}}([0-9]{{4}}|[0-9]{{2}})"
    ),
    "month_word_day": (
        rf"^{_WEEKDAY}({_WORD})\.?[-/ ]([0-9]{{1,2}})(?:st|nd|rd|th)?[-/ ,]{{1,2}}"
        rf"([0-9]{{4}}|[0-9]{{2}})"
    ),
}
DATE_PATTERNS: Final = {name: day + AFTER_DAY for name, day in DAY_PATTERNS.items()}
COMPACT: Final = r"^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:\.0)?$"
COMPACT_TIME: Final = (
    r"^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9][0-2][0-9][0-5][0-9](?:[0-5][0-9])?$"
)
EPOCH: Final = r"^[0-9]{9,10}(?:\.[0-9]+)?$|^[0-9]{13}$|^[0-9]{16}$"
SERIAL: Final = r"^[2-7][0-9]{4}(?:\.[0-9]+)?$"
TIME_OF_DAY: Final = rf"^{CLOCK}$|^[0-9]{{1,2}}$"

_MONTHS = (
    "jan january januar jänner janvier janv enero ene janeiro gennaio gen januari",
    "feb february februar février fevrier févr fév febrero fevereiro fev febbraio februari",
    "mar march märz mär maerz mars marzo março marco maart mrt",
    "apr april avril avr abril abr aprile",
    "may mai mayo maio maggio mag mei",
    "jun june juni juin junio junho giugno giu",
    "jul july juli juillet juil julio julho luglio lug",
    "aug august août aout agosto ago augustus",
    "sep sept september septembre septiembre setembro set settembre",
    "oct october oktober okt octobre octubre outubro out ottobre ott",
    "nov november novembre noviembre novembro",
    "dec december dezember dez décembre decembre déc diciembre dic dezembro dicembre",
)
MONTHS: Final = {word: number for number, row in enumerate(_MONTHS, 1) for word in row.split()}

_number_tests = [re.compile(DIGITS[mark]) for mark in (".", ",")]
# Most texts are told at a glance to be none: nothing but a mark stands beside a number's digits.
_glance = re.compile(r"^[^0-9]{0,16}[0-9][0-9.,'’eE+\s-]*[^0-9]{0,16}$")
_before, _after, _sign = (re.compile(p) for p in (CURRENCY_BEFORE, CURRENCY_AFTER, SIGN))
_negative = re.compile(NEGATIVE)
_dates = {name: re.compile(pattern) for name, pattern in DATE_PATTERNS.items()}
_digits_dates = [re.compile(p) for p in (COMPACT, COMPACT_TIME)]


def is_missing(text: str | None) -> bool:
    """True for a blank cell or one of the words that programs write for 'nothing'."""
    return text is None or not text.strip() or text.strip().lower() in MISSING


def number(text: str, decimal: str) -> float | None:
    """The number that `text` stands for under a decimal mark ('.' or ','), else None."""
    text = text.strip()
    if not _glance.match(text):
        return None
    bare = _after.sub(r"\1", _before.sub(r"\1", text))
    digits = _sign.sub(lambda m: m.group(1) or "", bare)
    if not _number_tests[".,".index(decimal)].match(digits):
        return None
    value = float(re.sub(GROUPS[decimal], "", digits).replace(",", "."))
    return -value if _negative.match(bare) else value


def is_number(text: str) -> bool:
    """True when `text` is a number under either decimal mark."""
    return number(text, ".") is not None or number(text, ",") is not None


def is_date(text: str) -> bool:
    """True when `text` is unmistakably a date: written with marks or words, or as YYYYMMDD."""
    text = text.strip()
    if any(pattern.match(text) for pattern in _digits_dates):
        return True
    for name, pattern in _dates.items():
        found = pattern.match(text)
        if found and _plausible(name, *found.groups()):
            return True
    return False


def kind(text: str | None) -> Kind:
    """What a cell looks like on its own."""
    if is_missing(text):
        return "empty"
    assert text is not None
    if len(text) > 60:
        return "text"
    if is_date(text):
        return "date"
    return "number" if is_number(text) else "text"


def _plausible(name: str, first: str, second: str, third: str) -> bool:
    if name == "year_first":
        return 1900 <= int(first) <= 2200 and int(second) <= 12 and int(third) <= 31
    if name == "numeric":
        month_and_day = sorted((int(first), int(second)))
        two_digit_year_first = len(first) == 2 and int(first) > 31 and int(second) <= 12
        return two_digit_year_first or (month_and_day[0] <= 12 and month_and_day[1] <= 31)
    word = second if name == "day_month_word" else first
    return word.lower() in MONTHS
