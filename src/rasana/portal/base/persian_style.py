"""The interface's Persian as rules a program can hold a text to: letters, half-spaces, digits, words, Latin terms."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rasana.portal.base.persian import clean

PLACEHOLDER = r"%\(\w+\)[sd]|%[sd]|\{\w*\}"
_MARKUP = re.compile(r"%%|<[^<>]*>|&#?\w+;")
_FILLED = re.compile(rf"{PLACEHOLDER}|https?://\S+|\S+@\S+")
FILLING = "۰"  # stands for what a placeholder brings or a Latin term says, so that punctuation keeps its neighbour

LATIN_TERMS = (
    *("N-1", "SAIDI", "SAIFI", "CAIDI", "ENS", "ADMD", "RMU", "XLPE", "cos", "S"),
    *("kVA", "kV", "kWh", "kW", "kvar", "MVA", "MWh", "MW", "A", "V", "km", "m", "mm", "ha", "pu"),
    *("DXF", "DWG", "GeoPackage", "GeoJSON", "GPKG", "Excel", "Word", "PDF", "PNG", "JPEG", "CSV", "XLSX", "ZIP"),
    *("JSON", "OpenAPI", "API", "EPSG", "UTM", "WGS 84", "OpenStreetMap", "QR", "TOTP", "iCalendar", "SHA-256"),
    *("IEC", "Rasana", "pandapower"),
    *("Authorization: Bearer rsn_…", "Authorization", "ETag", "If-Match", "Idempotency-Key", "Accept-Language"),
)
"""Latin that stays in a Persian sentence: indices, units of table heads, names of files and products."""

_LATIN = re.compile(
    "|".join(rf"(?<![A-Za-z]){re.escape(term)}(?![A-Za-z])" for term in sorted(LATIN_TERMS, key=len, reverse=True))
)

_WORD = "(?<![\\w\u200c])"
_END = "(?![\\w\u200c])"
RULES = (
    ("[يىكةۀ\u0640]|هٔ", "an Arabic letter: only ی and ک, no hamza on a final ه"),
    ("[A-Za-z]+", "a Latin word that is not on the list of terms"),
    ("[0-9٠-٩]", "a digit that is not Persian"),
    ("[,;?]", "Latin punctuation: ، ؛ ؟"),
    ('["“”]', "quotes other than « »"),
    ("!", "an exclamation mark"),
    (r"\s[،؛؟.:»]|«\s", "a space beside punctuation"),
    (f"{_WORD}ن?می (?=[آ-ی])", "«می» without its half-space"),
    (f" (?:ها|های|هایی|تر|ترین){_END}", "a plural or degree without its half-space"),
    (f"ه\u200cی{_END}", "«ه‌ی»: no ye between two words"),
    ("ن?می[ \u200c]?باش", "«می‌باشد»: write «است»"),
    (f"{_WORD}(?:نمود(?:ن|ه|ند|ید)?|نمای(?:ید|د|ند|یم)){_END}", "«نمودن»: write «کردن»"),
    (f"{_WORD}(?:گردید(?:ن|ه|ند)?|گردد|می\u200cگردد){_END}", "«گردیدن»: write «شدن»"),
    (f"{_WORD}(?:لطفاً?|کلیک|مت[اأ]سفانه|محترم){_END}", "a word of courtesy or of the mouse"),
    ("سرقت برق|برق\u200cدزدی", "a word of blame: «انشعاب غیرمجاز»"),
    (f"{_WORD}(?:تامین|تاخیر|تایید|تاسیس|تاثیر|مسوول|هیات)", "a hamza left out: «تأمین، تأخیر، تأیید، مسئول، هیئت»"),
)
_COMPILED = tuple((re.compile(pattern), matter) for pattern, matter in RULES)


def faults(text: str) -> Iterator[str]:
    """What in a Persian text is against the style, each as one sentence; markup and placeholders are left aside."""
    bare = _FILLED.sub(FILLING, _MARKUP.sub("", text))
    if clean(bare) != " ".join(bare.split()) and not re.search("[يىك\u0640]", bare):
        yield "a half-space that does nothing, or a hidden mark"
    plain = _LATIN.sub(FILLING, bare)
    for pattern, matter in _COMPILED:
        if found := pattern.search(plain):
            yield f"{matter} («{found[0].strip()}»)"
