"""An order file written in any of the ways that people and programs write one."""

import bz2
import csv
import gzip
import io
import json
import lzma
import random
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

ROLES = ("customer_id", "order_id", "ordered_at", "product", "quantity", "amount")
HEADERS = {
    "en": ("Customer ID", "Order number", "Order date", "Product name", "Quantity", "Amount"),
    "de": ("Kundennummer", "Bestellnummer", "Bestelldatum", "Artikelname", "Menge", "Betrag"),
    "fr": ("Code client", "Numéro de commande", "Date de commande", "Nom du produit", "Quantité",
           "Montant"),
    "es": ("ID cliente", "Número de pedido", "Fecha del pedido", "Nombre del producto",
           "Cantidad", "Importe"),
}  # fmt: skip
THINGS = {
    "ascii": ("Mug", "Tea pot", "Candle", "Long spoon"),
    "western": ("Kännchen groß", "Bougie parfumée", "Cañón pequeño", "Crème brûlée"),
    "polish": ("Łyżka długa", "Świeca zapachowa", "Żółta książka", "Kubek"),
    "russian": ("Чашка синяя", "Свеча", "Ложка длинная", "Книга"),
    "greek": ("Κούπα μπλε", "Κερί", "Κουτάλι", "Βιβλίο"),
    "japanese": ("青いカップ", "ろうそく", "長いスプーン", "本"),
    "chinese": ("蓝色杯子", "香味蜡烛", "长勺子", "书"),
    "korean": ("파란 컵", "향초", "긴 숟가락", "책"),
}
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le")
OLDER = {
    "ascii": ("ascii",),
    "western": ("cp1252", "latin-1"),
    "polish": ("cp1250",),
    "russian": ("cp1251", "koi8_r"),
    "greek": ("cp1253",),
    "japanese": ("cp932", "euc_jp"),
    "chinese": ("gb18030",),
    "korean": ("euc_kr",),
}
FANCY = ('{0} "XL"', "{0}, blue", "{0}; long", "{0} | two", "{0}\nin two lines", "{0}'s")


@dataclass(frozen=True)
class Line:
    """One row of the truth; None is an empty cell."""

    customer_id: str | None
    order_id: str
    ordered_at: datetime
    product: str
    quantity: int
    amount: Decimal


@dataclass(frozen=True)
class Truth:
    """What the file says, whatever it looks like. The same values, the same rows."""

    seed: int = 0
    unit: str = "second"
    script: str = "ascii"
    fancy: bool = False
    early: bool = False  # no day after the 12th
    thousands: bool = False  # all amounts like 1,234

    def lines(self) -> list[Line]:
        chance = random.Random(self.seed)
        found: list[Line] = []
        for order in range(1, chance.randint(14, 20)):
            who = None if chance.random() < 0.05 else f"00{chance.randint(1, 7)}7"
            at = self._moment(chance)
            for _ in range(chance.choice((1, 1, 2, 3))):
                found.append(self._line(chance, who, f"A{order:03}", at))
        sales = [line for line in found if line.customer_id]
        for home in chance.sample(sales, 2):
            at = home.ordered_at + timedelta(days=0 if self.early else 20)
            found.append(
                Line(home.customer_id, f"R{home.order_id}", at, home.product, -home.quantity,
                     -home.amount)
            )  # fmt: skip
        found.append(chance.choice(sales))  # an exact duplicate
        return found

    def _moment(self, chance: random.Random) -> datetime:
        day = chance.randint(1, 12 if self.early else 28)
        at = datetime(chance.randint(2019, 2024), chance.randint(1, 12), day)
        clock = timedelta(seconds=chance.randrange(86_400))
        parts = {"day": timedelta(0), "minute": clock // 60_000_000 * 60_000_000}
        if self.unit == "minute":
            return at + timedelta(minutes=clock.seconds // 60)
        return at + parts.get(self.unit, clock)

    def _line(self, chance: random.Random, who: str | None, order: str, at: datetime) -> Line:
        thing = chance.choice(THINGS[self.script])
        if self.fancy and chance.random() < 0.5:
            thing = chance.choice(FANCY).format(thing)
        if self.thousands:
            return Line(who, order, at, thing, 1, Decimal(chance.randint(1_001, 999_999)))
        cents = chance.choice((0, 0, 5, 50, 95, 99, 37))
        pounds = chance.choice((0, 3, 17, 250, 999, 1_000, 12_345, 1_234_567))
        amount = Decimal(pounds) + Decimal(cents) / 100
        return Line(who, order, at, thing, chance.choice((1, 1, 2, 3, 12)), amount)


@dataclass(frozen=True)
class NumberStyle:
    """How amounts are written: 1.234,50 € or (USD 1,234.5) or -1234.50."""

    mark: str = "."
    group: str = ""
    before: str = ""
    after: str = ""
    negative: str = "-{0}"
    inside: bool = True  # the sign stands at the digits, the currency outside of it
    places: int | None = 2  # None: as few as needed

    def write(self, value: Decimal) -> str:
        size = abs(value)
        plain = f"{size:.{self.places}f}" if self.places is not None else f"{size.normalize():f}"
        whole, _, rest = plain.partition(".")
        digits = f"{int(whole):,}".replace(",", self.group) + (self.mark + rest if rest else "")
        if value >= 0:
            return self.before + digits + self.after
        if self.inside:
            return self.before + self.negative.format(digits) + self.after
        return self.negative.format(self.before + digits + self.after)


MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",  # noqa: E501
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",  # noqa: E501
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",  # noqa: E501
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}


def _short(at: datetime, form: str) -> str:
    """No zeros in front: 5.1.2021."""
    return form.format(d=at.day, m=at.month, y=at.year)


def _in_words(language: str, form: str):
    names = MONTHS[language].split()
    return lambda at: form.format(d=at.day, m=names[at.month - 1], s=names[at.month - 1][:3],
                                  y=at.year)  # fmt: skip


def _strf(form: str):
    return lambda at: at.strftime(form)


_EPOCH = datetime(1970, 1, 1)
_EXCEL = datetime(1899, 12, 30)

# Name -> order of the numbers (None: not told by the order), and how a day is written.
DAYS = {
    "iso": (None, _strf("%Y-%m-%d")),
    "slashes": (None, _strf("%Y/%m/%d")),
    "points, year first": (None, _strf("%Y.%m.%d")),
    "d.m.y": ("dmy", _strf("%d.%m.%Y")),
    "d/m/y": ("dmy", _strf("%d/%m/%Y")),
    "d-m-y": ("dmy", _strf("%d-%m-%Y")),
    "d.m.y short": ("dmy", lambda at: _short(at, "{d}.{m}.{y}")),
    "m/d/y": ("mdy", _strf("%m/%d/%Y")),
    "m-d-y": ("mdy", _strf("%m-%d-%Y")),
    "m/d/y short": ("mdy", lambda at: _short(at, "{m}/{d}/{y}")),
    "english": (None, _in_words("en", "{d} {m} {y}")),
    "american": (None, _in_words("en", "{m} {d}, {y}")),
    "d-Mon-y": (None, _strf("%d-%b-%Y")),
    "d-Mon-y, two digits": (None, _strf("%d-%b-%y")),
    "mail": (None, _strf("%a, %d %b %Y")),
    "german": (None, _in_words("de", "{d}. {m} {y}")),
    "french": (None, _in_words("fr", "{d} {m} {y}")),
    "spanish": (None, _in_words("es", "{d} de {m} de {y}")),
    "portuguese": (None, _in_words("pt", "{d} de {m} de {y}")),
    "italian": (None, _in_words("it", "{d} {m} {y}")),
    "dutch": (None, _in_words("nl", "{d} {m} {y}")),
    "chinese": (None, lambda at: _short(at, "{y}年{m}月{d}日")),
}
CLOCKS = {
    "day": {"": lambda at: ""},
    "minute": {
        "h:m": _strf(" %H:%M"),
        "h:m pm": _strf(" %I:%M %p"),
        "comma": _strf(", %H:%M"),
        "T": _strf("T%H:%M"),
    },
    "second": {
        "h:m:s": _strf(" %H:%M:%S"),
        "T": _strf("T%H:%M:%S"),
        "Z": _strf("T%H:%M:%SZ"),
        "offset": _strf(" %H:%M:%S +02:00"),
        "offset without colon": _strf("T%H:%M:%S-0500"),
        "milliseconds": _strf("T%H:%M:%S.000Z"),
        "h:m:s pm": _strf(" %I:%M:%S %p"),
    },
}
DIGITS = {
    "yyyymmdd": ("day", _strf("%Y%m%d")),
    "serial": ("day", lambda at: str((at - _EXCEL).days)),
    "yyyymmddhhmmss": ("second", _strf("%Y%m%d%H%M%S")),
    "serial with time": ("second", lambda at: f"{(at - _EXCEL) / timedelta(days=1):.9f}"),
    "unix": ("second", lambda at: str(int((at - _EPOCH).total_seconds()))),
    "unix ms": ("second", lambda at: str(int((at - _EPOCH).total_seconds()) * 1000)),
}


@dataclass(frozen=True)
class Style:
    """Everything about a file that is no data."""

    container: str = "csv"
    packed: str = ""  # gz, bz2, xz, zip
    encoding: str = "utf-8"
    delimiter: str = ","
    quoting: str = "minimal"
    line_end: str = "\n"
    number: NumberStyle = NumberStyle()
    day: str = "iso"
    clock: str = "h:m:s"
    digits: str | None = None
    language: str = "en"
    preamble: int = 0
    columns: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    shuffle: int | None = None
    typed: bool = False  # real dates and numbers, where the container has them

    @property
    def keeps_types(self) -> bool:
        return self.typed and self.container in ("xlsx", "ods", "parquet", "json", "jsonl")

    @property
    def typed_dates(self) -> bool:
        return self.typed and self.container in ("xlsx", "ods", "parquet")

    @property
    def date_order(self) -> str:
        found = None if self.typed_dates or self.digits else DAYS[self.day][0]
        return found or "ymd"

    @property
    def decimal(self) -> str:
        return "." if self.keeps_types else self.number.mark

    @property
    def header(self) -> tuple[str, ...]:
        return HEADERS[self.language]

    def date(self, at: datetime, unit: str) -> str:
        if self.digits:
            return DIGITS[self.digits][1](at)
        return DAYS[self.day][1](at) + CLOCKS[unit][self.clock](at)

    def cells(self, line: Line, unit: str) -> list:
        """The cells of a row: text, or values where types are kept."""
        at = line.ordered_at if self.typed_dates else self.date(line.ordered_at, unit)
        if self.keeps_types:
            numbers = [line.quantity, float(line.amount)]
        else:
            numbers = [str(line.quantity), self.number.write(line.amount)]
        row = [line.customer_id, line.order_id, at, line.product, *numbers]
        return [row[place] for place in self.columns]


def write(truth: Truth, style: Style, folder: Path) -> Path:
    """The file, in a folder of its own."""
    lines = truth.lines()
    if style.shuffle is not None:
        random.Random(style.shuffle).shuffle(lines)
    header = [style.header[place] for place in style.columns]
    rows = [style.cells(line, truth.unit) for line in lines]
    above = [["Orders of the shop"], [], ["Exported by hand", "all"]][: style.preamble]
    path = folder / f"orders.{style.container}"
    _WRITERS[style.container](path, above, header, rows, style)
    return _pack(path, style.packed)


def _delimited(path: Path, above, header, rows, style: Style) -> None:
    kind = {"minimal": csv.QUOTE_MINIMAL, "all": csv.QUOTE_ALL, "none": csv.QUOTE_NONE}
    quoting = kind[style.quoting]
    if style.line_end == "\r" and quoting == csv.QUOTE_MINIMAL:
        quoting = csv.QUOTE_ALL  # the writer leaves the line feed inside a cell without quotes
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=style.delimiter,
        quoting=quoting,
        lineterminator=style.line_end,
    )
    for row in above:
        text.write((row[0] if row else "") + style.line_end)
    writer.writerow(header)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    path.write_bytes(text.getvalue().encode(style.encoding))


def _xlsx(path: Path, above, header, rows, style: Style) -> None:
    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy hh:mm:ss"}) as book:
        sheet = book.add_worksheet("Orders")
        for number, row in enumerate([*above, header, *rows]):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                elif isinstance(cell, datetime):
                    sheet.write_datetime(number, column, cell)
                elif cell is not None:
                    sheet.write_number(number, column, cell)


def _ods(path: Path, above, header, rows, style: Style) -> None:
    body = "".join(
        f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"
        for row in [*above, header, *rows]
    )
    names = ("office", "table", "text")
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in names)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="Orders">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )


def _ods_cell(cell: object) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, datetime):
        when = cell.isoformat()
        return f'<table:table-cell office:value-type="date" office:date-value="{when}"/>'
    if isinstance(cell, str):
        paragraphs = "".join(f"<text:p>{escape(part)}</text:p>" for part in cell.split("\n"))
        return f'<table:table-cell office:value-type="string">{paragraphs}</table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{cell}"/>'


def _parquet(path: Path, above, header, rows, style: Style) -> None:
    columns = zip(*rows, strict=True)
    pq.write_table(pa.table(dict(zip(header, map(list, columns), strict=True))), path)


def _json(path: Path, above, header, rows, style: Style) -> None:
    records = [dict(zip(header, row, strict=True)) for row in rows]
    path.write_text(json.dumps({"orders": records} if style.preamble else records))


def _json_lines(path: Path, above, header, rows, style: Style) -> None:
    records = [json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) for row in rows]
    path.write_text("\n".join(records) + "\n", encoding="utf-8")


_WRITERS = {
    "csv": _delimited,
    "xlsx": _xlsx,
    "ods": _ods,
    "parquet": _parquet,
    "json": _json,
    "jsonl": _json_lines,
}


def _pack(path: Path, packed: str) -> Path:
    if not packed:
        return path
    target = path.with_name(f"{path.name}.{packed}")
    if packed == "zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, path.name)
    else:
        squeeze = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[packed]
        target.write_bytes(squeeze(path.read_bytes()))
    path.unlink()
    return target
