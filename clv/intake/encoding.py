"""Which encoding a text file is written in, from its bytes alone.

Unicode encodings prove themselves (a byte order mark, or every byte valid as UTF-8). Among
the older ones several always fit, so each is tried and the reading that looks most like
human text wins: accents inside words, one script per word, no stray symbols.
"""

import codecs
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clv.errors import UnreadableFile

CHUNK: Final = 1 << 20
_EVIDENCE_BYTES: Final = 64 * 1024
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# In order of preference: an earlier one wins a tie.
_OLDER: Final = (
    "cp1252", "gb18030", "cp932", "cp1251", "cp1250", "mac_roman", "big5", "euc_kr", "euc_jp",
    "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r", "cp874", "iso8859_2", "iso8859_7", "cp850",
    "cp866",
)  # fmt: skip
_WIDE: Final = {"gb18030": "gb2312", "cp932": "shift_jis", "big5": "big5", "euc_jp": "euc_jp"}
_WITHOUT_KANA: Final = frozenset({"gb18030", "big5", "euc_kr"})
_COMMON_LATIN: Final = frozenset(
    "éèêëàâäáãåçîïíìôöóòõøûüúùñßæœÉÈÀÂÄÁÅÇÎÍÔÖÓØÜÚÑÆłŁąęśżźćńřšžčěůýőűğşıİ"
)
_LONE_LETTERS: Final = frozenset("àéèáóíÀÉ")
_SIGNS: Final = frozenset("€£¥°·–—‘’“”…«»©®™§½²³№¿¡\u00a0\u202f −、。・「」（）：；！？％￥")
_JOINERS: Final = frozenset("’·‘")
_COMMON_CYRILLIC: Final = frozenset(map(chr, range(0x410, 0x450))) | frozenset("ёЁіїєґІЇЄҐ")


@dataclass(frozen=True)
class Encoding:
    """`name` is a Python codec; `exact` is False when some bytes do not fit it."""

    name: str
    exact: bool = True


def detect_encoding(path: Path) -> Encoding:
    """The encoding of a text file; reads all of it, so that a late odd byte is not missed."""
    with path.open("rb") as handle:
        head = handle.read(4096)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name, exact=_decodes(path, name))
    if b"\0" in head.rstrip(b"\0"):
        return Encoding(_without_mark(head))
    broken, fine, evidence = _utf8_evidence(path)
    if not broken:
        return Encoding("utf-8")
    if fine > 20 * broken:  # mostly UTF-8: a few damaged letters must not spoil all the others
        return Encoding("utf-8", exact=False)
    return Encoding(_most_human(evidence))


def _decodes(path: Path, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    with path.open("rb") as handle:
        try:
            while chunk := handle.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _without_mark(head: bytes) -> str:
    even, odd = head[0::2], head[1::2]
    if odd.count(0) > 0.3 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.3 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    raise UnreadableFile(
        "This is not a text file: it holds bytes that no text has.",
        "Upload a CSV, Excel or Parquet file with one row per order.",
    )


def _utf8_evidence(path: Path) -> tuple[int, int, bytes]:
    """Lines that are not UTF-8, lines beyond ASCII that are, and the former to judge by."""
    if _decodes(path, "utf-8"):
        return 0, 0, b""
    broken = fine = 0
    evidence = bytearray()
    with path.open("rb") as handle:
        while chunk := handle.read(CHUNK) + handle.readline(CHUNK):
            for line in chunk.replace(b"\r", b"\n").split(b"\n"):
                if line.isascii():
                    continue
                try:
                    line.decode("utf-8")
                    fine += 1
                except UnicodeDecodeError:
                    broken += 1
                    if len(evidence) < _EVIDENCE_BYTES:
                        evidence += line[:2000] + b"\n"
    return broken, fine, bytes(evidence)


def _most_human(evidence: bytes) -> str:
    best, best_score = "latin-1", -9.0
    for name in _OLDER:
        try:
            text = evidence.decode(name)
        except UnicodeDecodeError:
            continue
        score = _humanity(text, name)
        if score > best_score + 0.02:
            best, best_score = name, score
    return best


def _humanity(text: str, name: str) -> float:
    """Mean plausibility of the characters outside ASCII, about 1 for real text."""
    padded = f" {text} "
    marks = [
        _plausibility(before, char, after, name)
        for before, char, after in zip(padded[:-2], text, padded[2:], strict=True)
        if not char.isascii()
    ]
    return sum(marks) / len(marks) if marks else 0.0


def _plausibility(before: str, char: str, after: str, name: str) -> float:
    if char in _SIGNS:
        inside = before.isalpha() and after.isalpha() and char not in _JOINERS
        return -0.7 if inside else 0.6
    category = unicodedata.category(char)
    if category[0] == "C":
        return -2.0
    if category[0] not in "LM":
        return -0.7
    script = _script(char)
    if script == "latin":
        return _accent(before, char, after)
    if _ascii_letter(before) or _ascii_letter(after):
        return -0.7
    if script == "han":
        return _how_common(char, name)
    if script == "halfwidth":
        return -0.3
    if script == "kana" and name in _WITHOUT_KANA:
        return -0.3
    if (char.isupper() and before.islower()) or not (before.isalpha() or after.isalpha()):
        return -1.0
    if script == "cyrillic":
        return 1.0 if char in _COMMON_CYRILLIC else 0.2
    return {"hangul": 1.0, "greek": 0.9}.get(script, 0.8)


def _accent(before: str, char: str, after: str) -> float:
    if char.isupper() and before.islower():
        return -1.0
    if not (before.isalpha() or after.isalpha()) and char not in _LONE_LETTERS:
        return -1.0 if before.isdigit() or after.isdigit() else -0.5
    if any(c.isalpha() for c in (before, after)) and not (
        _ascii_letter(before) or _ascii_letter(after)
    ):
        return 0.2  # accents only: a word of another alphabet, read wrongly
    return 1.0 if char in _COMMON_LATIN else 0.2


def _script(char: str) -> str:
    code = ord(char)
    if code < 0x250 or 0x1E00 <= code < 0x1F00:
        return "latin"
    if 0x400 <= code < 0x530:
        return "cyrillic"
    if 0x384 <= code < 0x3D0:
        return "greek"
    if 0x3041 <= code < 0x3100:
        return "kana"
    if 0xFF61 <= code < 0xFFA0:
        return "halfwidth"
    if 0xAC00 <= code < 0xD7A4:
        return "hangul"
    if 0x3400 <= code < 0xA000 or 0xF900 <= code < 0xFB00 or code >= 0x20000:
        return "han"
    return "other"


def _ascii_letter(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _how_common(char: str, name: str) -> float:
    """Standards list the everyday characters first; encodings of random bytes hit the rest."""
    try:
        lead = char.encode(_WIDE.get(name, name))[0]
    except UnicodeEncodeError:
        return -0.7
    everyday = {
        "gb18030": 0xB0 <= lead <= 0xD7,
        "cp932": 0x88 <= lead <= 0x98,
        "big5": 0xA4 <= lead <= 0xC6,
        "euc_jp": 0xB0 <= lead <= 0xCF,
    }
    return 0.9 if everyday.get(name, False) else -0.5
