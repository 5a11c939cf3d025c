"""Which detector tells the encoding of a text table: ours or charset-normalizer.

    python -m benchmarks.encodings       # seconds

Small order files in ten languages, in every encoding that people there use. A guess is right
when it reads every letter as it was written; that two names mean the same does not matter.
"""

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from charset_normalizer import from_bytes

from clv.errors import CLVError
from clv.intake.encoding import detect_encoding

WORDS = {
    "English": ("Smith £5 café naïve", ("cp1252", "utf-8", "utf-16")),
    "German": ("Müller Größe Straße Äpfel Öl für", ("cp1252", "mac_roman", "cp850", "utf-16-le")),
    "French": ("Éléonore hôtel crème brûlée garçon déjà où", ("cp1252", "mac_roman", "cp850")),
    "Spanish": ("Muñoz niño acción José año María", ("cp1252", "mac_roman", "cp850")),
    "Polish": ("Łódź żółć gęślą jaźń Wiśniewski źródło", ("cp1250", "iso8859_2", "utf-8")),
    "Czech": ("Příliš žluťoučký kůň Dvořák úpěl ďábelské", ("cp1250", "iso8859_2")),
    "Turkish": ("Işık Çağlar Güneş şeker öğün İzmir", ("cp1254", "iso8859_9")),
    "Russian": ("Иванов Москва заказ клиент зелёный", ("cp1251", "koi8_r", "cp866", "utf-16-be")),
    "Greek": ("Παπαδόπουλος Αθήνα τσάι πελάτης ποσό", ("cp1253", "iso8859_7")),
    "Japanese": ("田中 東京 注文 お茶 カップ 緑茶 顧客", ("cp932", "euc_jp", "utf-8")),
    "Chinese": ("王小明 北京 订单 绿茶 客户 金额", ("gb18030", "utf-16-le")),
    "Taiwanese": ("陳大文 臺北 訂單 綠茶 客戶 金額", ("big5",)),
    "Korean": ("김철수 서울 주문 녹차 고객 금액", ("euc_kr", "cp949")),
}  # fmt: skip


def table(words: list[str], rows: int) -> str:
    """An order file with a few words of a language."""
    chance = random.Random(rows)
    lines = ["customer;date;amount;note"]
    for number in range(rows):
        name, note = chance.choice(words), " ".join(chance.sample(words, 2))
        lines.append(f"{name};2021-01-{number % 28 + 1:02d};{number},50;{note}")
    return "\n".join(lines) + "\n"


def ours(path: Path) -> str:
    """The text by our detector."""
    return path.read_bytes().decode(detect_encoding(path).name)


def by_charset_normalizer(path: Path) -> str:
    """The text by charset-normalizer."""
    best = from_bytes(path.read_bytes()).best()
    return "" if best is None else str(best)


def main() -> None:
    """Print the share of files that each reads to the letter."""
    right = {"ours": 0, "charset-normalizer": 0}
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        for language, (words, encodings) in WORDS.items():
            for encoding in encodings:
                for rows in (3, 20, 300):
                    text = table(words.split(), rows)
                    path.write_bytes(text.encode(encoding))
                    count += 1
                    wrong = []
                    for name, reader in (
                        ("ours", ours),
                        ("charset-normalizer", by_charset_normalizer),
                    ):
                        if _reads(reader, path, text):
                            right[name] += 1
                        else:
                            wrong.append(name)
                    if wrong:
                        print(f"  {language} {encoding} {rows} rows: not by {', '.join(wrong)}")
    for name, times in right.items():
        print(f"{name}: {times} of {count}")


def _reads(reader: Callable[[Path], str], path: Path, text: str) -> bool:
    try:
        return reader(path).lstrip("\ufeff") == text
    except (CLVError, UnicodeDecodeError, LookupError):
        return False


if __name__ == "__main__":
    main()
