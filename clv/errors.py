"""The error tree. Every error says what happened and what to do next.

    CLVError                  anything the product refuses, in two strings
      UnreadableFile          the upload is not a table that can be read
      UnreadableDatabase      a database, table or query that cannot be read
      UploadRefused           a file that is not taken in
        NotAllowed            no valid permission
        TooLarge              over the limit for one file
        TooMany               too many uploads at a time
        NoRoom                no space left for it
      InvalidMapping          a role points at a missing or unusable column
      AmbiguousFormat         dates or numbers have two readings: the user must choose
      MixedCurrencies         amounts in several currencies: the user must choose or give rates
      InvalidSettings         an option is outside what it can be
      NotEnoughData           the rows are fine, there are too few of them
      NotFound                nothing of that name, or not for whoever asks
      StoreProblem            the store of saved analyses cannot be used
        Damaged               what was stored is not what comes back
      LinkRefused             a link that opens nothing: wrong, expired or revoked
        WrongPassword         the link is good, the password is not
        TooManyTries          too many wrong links in a minute
      ShopRefused             something that the shop database does not do
        NoShop                there is no shop database at the address
        NoSuchRow             no row of that key
        RowRefused            a value that a row cannot have, or a row that it names is missing
        RowInUse              the key is taken, or other rows name the row
      NoToken                 a request to the API without a token
      Busy                    too much is waiting to be done
      Conflict                it contradicts what is there

Pages, the command line and the API show `message` and `hint`, never a traceback.
"""

from typing import Any


class CLVError(Exception):
    """What happened (`message`) and what to do about it (`hint`), both plain sentences."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> Any:
        return type(self), (self.message, self.hint)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"


class UnreadableFile(CLVError):
    """The upload is not a table that can be read."""


class UnreadableDatabase(CLVError):
    """The database, table or query cannot be read."""


class UploadRefused(CLVError):
    """A file that is not taken in, whatever it holds."""


class NotAllowed(UploadRefused):
    """Whoever asks shows no valid permission for it."""


class TooLarge(UploadRefused):
    """The file is over the limit for one file."""


class TooMany(UploadRefused):
    """Too many uploads arrive at a time."""


class NoRoom(UploadRefused):
    """There is no space left for the file."""


class InvalidMapping(CLVError):
    """A role points at a column that is missing or cannot play that role."""


class AmbiguousFormat(CLVError):
    """Dates or numbers have two readings and the data do not decide: ask, never guess."""


class MixedCurrencies(CLVError):
    """Amounts in several currencies, which are never added up; `currencies` names them."""

    def __init__(self, message: str, hint: str, currencies: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.currencies = tuple(currencies)

    def __reduce__(self) -> Any:
        return type(self), (self.message, self.hint, self.currencies)


class InvalidSettings(CLVError):
    """An option has a value it cannot have."""


class NotEnoughData(CLVError):
    """The rows were read, and there are too few of them for what was asked."""


class NotFound(CLVError):
    """Nothing of that name, or not for whoever asks: the two are told alike."""


class StoreProblem(CLVError):
    """The store of saved analyses cannot be used."""


class Damaged(StoreProblem):
    """What was stored is not what comes back."""


class LinkRefused(CLVError):
    """A link that opens nothing: wrong, expired and revoked are told alike."""


class WrongPassword(LinkRefused):
    """The link is good, the password is not."""


class TooManyTries(LinkRefused):
    """Too many wrong links came from one address within a minute."""


class ShopRefused(CLVError):
    """Something that the shop database does not do."""


class NoShop(ShopRefused):
    """There is no shop database at the address yet."""


class NoSuchRow(ShopRefused):
    """The table has no row of that key."""


class RowRefused(ShopRefused):
    """A value that the row cannot have, or it names a row that is not there."""


class RowInUse(ShopRefused):
    """The key is taken already, or other rows name the row."""


class NoToken(CLVError):
    """A request to the API that does not say who asks."""


class Busy(CLVError):
    """Too much is waiting to be done; later there may be room."""


class Conflict(CLVError):
    """What is asked for contradicts what is there."""
