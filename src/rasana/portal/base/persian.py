"""Persian text, digits, numbers, dates and money: pure functions, no clock and no settings.

Gregorian dates are stored; a Jalali date is a way to read and write one. The conversion is `persiantools`', which the
project trusts for the Jalali years 1200 to 1500 (1821 to 2121) and refuses outside them.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from persiantools.jdatetime import JalaliDate

_Jalali: Any = JalaliDate  # the library's constructor carries no types

FIRST_YEAR, LAST_YEAR = 1200, 1500
GREGORIAN_FROM = 1700
"""A year above this is Gregorian, one up to it is Jalali."""

MONTHS_FA = (
    *("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور"),
    *("مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
)
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS_FA = ("دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه", "یکشنبه")
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

ZWNJ = "\u200c"
LEFT_TO_RIGHT_MARK = "\u200e"
MINUS = "\u2212"
DIGITS_FA = "۰۱۲۳۴۵۶۷۸۹"

_PERSIAN = str.maketrans("0123456789", DIGITS_FA)
_STORED = str.maketrans("يىك", "ییک", "\u0640")
_FOLDED = _STORED | str.maketrans("ةۀأإٱؤ", "ههاااو")
_ROUNDING = Context(prec=340, rounding=ROUND_HALF_UP)  # wide enough for any float
_SEPARATORS = str.maketrans(",.", "٬٫")
_PRESENTATION_FORMS = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
_NON_JOINERS = "اآأإٱدذرزژوؤةء"
_NEEDLESS_ZWNJ = re.compile(rf"(?:^|(?<=[\s{_NON_JOINERS}])){ZWNJ}+|{ZWNJ}+(?=\s|$)", re.MULTILINE)

# ---------------------------------------------------------------------------------------------------------------- text


def norm(text: str) -> str:
    """The form in which two spellings of one word are equal: for search, for comparing, for the heads of columns.

    Compatibility forms composed; Arabic ye, kaf, te marbuta and hamza carriers to their Persian letter; tatweel,
    combining, bidi and joining marks dropped; half-space and no-break space to a space; every digit to ASCII; spaces
    squeezed; case folded. Idempotent: repeated until nothing changes, as folding case may compose letters anew.
    """
    while (folded := _norm_once(text)) != text:
        text = folded
    return text


def _norm_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).translate(_FOLDED).replace(ZWNJ, " ")
    kept = "".join(_ascii_digit(letter) for letter in text if not _is_mark(letter))
    return " ".join(kept.casefold().split())


def _is_mark(letter: str) -> bool:
    """Combining, bidi and joining marks, byte order marks and controls; white space is none of them."""
    return unicodedata.category(letter) in ("Mn", "Me", "Cf", "Cc", "Cs") and not letter.isspace()


def _ascii_digit(letter: str) -> str:
    return str(unicodedata.decimal(letter, letter))


def search_key(*texts: str | None) -> str:
    """What is stored beside a record to find it by: its texts in the form of `norm`, one space between."""
    return " ".join(key for text in texts if text and (key := norm(text)))


_ORDER = " " + "0123456789" + "آاءبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیئ" + "abcdefghijklmnopqrstuvwxyz"
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_PLACE = {
    letter: _ALPHABET[place // len(_ALPHABET)] + _ALPHABET[place % len(_ALPHABET)]
    for place, letter in enumerate(_ORDER)
}


def sort_key(text: str) -> str:
    """What is stored beside a name to sort it by, in the order of the Persian alphabet.

    Two ASCII letters a character, digits before Persian before Latin, anything else behind by code point; so any
    collation of any database gives the same order.
    """
    return "".join(_PLACE.get(letter) or f"zz{ord(letter):06x}" for letter in norm(text))


def clean(text: str, *, lines: bool = False) -> str:
    """What is stored of a typed text: Persian ye and kaf, no control, bidi or NUL, spaces squeezed, half-spaces tidy.

    Digits, hamza and accents stay as typed. `lines` keeps line ends (at most one empty line between two).
    A half-space goes where it does nothing: at an edge, beside a space, doubled, after a letter that never joins.
    """
    text = _PRESENTATION_FORMS.sub(lambda form: unicodedata.normalize("NFKC", form[0]), text)
    text = unicodedata.normalize("NFC", text).translate(_STORED).replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(letter for letter in text if _is_kept(letter))
    text = "\n".join(" ".join(line.split()) for line in (text.split("\n") if lines else [text]))
    text = re.sub(f"{ZWNJ}+", ZWNJ, _NEEDLESS_ZWNJ.sub("", text))
    text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _is_kept(letter: str) -> bool:
    return letter == ZWNJ or letter.isspace() or unicodedata.category(letter) not in ("Cc", "Cf", "Cs")


# --------------------------------------------------------------------------------------------------- digits and numbers


def persian_digits(text: str) -> str:
    """Every decimal digit as a Persian one, whatever set it came from."""
    return ascii_digits(text).translate(_PERSIAN)


def ascii_digits(text: str) -> str:
    """Every decimal digit (Persian, Arabic or other) as an ASCII one."""
    return "".join(_ascii_digit(letter) for letter in text)


def local_digits(text: str, language: str) -> str:
    """The digits of a language: Persian ones in Persian, ASCII ones otherwise."""
    return persian_digits(text) if is_persian(language) else ascii_digits(text)


def is_persian(language: str | None) -> bool:
    """Whether a language code (`fa`, `fa-ir`) is Persian."""
    return (language or "").lower().startswith("fa")


def format_number(value: float | Decimal, language: str, decimals: int | None = None) -> str:
    """A number with the digits and separators of a language: ۱٬۲۵۰٫۵ or 1,250.5.

    `decimals` fixes their count; without it there are at most two, none of them a closing zero. Halves go away from
    zero. A negative Persian number carries the mark that keeps its sign on the left.
    """
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        return "—"
    rounded = _ROUNDING.quantize(number, Decimal(1).scaleb(-(2 if decimals is None else decimals)))
    text = f"{abs(rounded):,f}"
    if decimals is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    sign = MINUS if rounded < 0 else ""
    if not is_persian(language):
        return sign + text
    text = persian_digits(text.translate(_SEPARATORS))
    return LEFT_TO_RIGHT_MARK + sign + text if sign else text


def parse_number(text: str) -> Decimal:
    """A number typed in any digits, with ٫ or . for decimals and ٬ or , between full groups of three.

    Raises:
        ValueError: when it is not one number, or its groups are not of three (so 12,5 is never taken for 125).
    """
    typed = ascii_digits(clean(text)).replace(" ", "").replace("٫", ".").replace("٬", ",").replace(MINUS, "-")
    if not re.fullmatch(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", typed) or len(typed) > 24:
        raise ValueError(f"{text!r} is not a number.")
    return Decimal(typed.replace(",", ""))


_MONEY = ((10**9, "میلیارد ریال", "billion rials"), (10**6, "میلیون ریال", "million rials"), (1, "ریال", "rials"))


def format_money(rials: float | Decimal, language: str) -> str:
    """An amount in rials as it is said: ۲۶۶٫۶ میلیارد ریال, ۱۲ میلیون ریال, ۹۵۰٬۰۰۰ ریال (one decimal at most)."""
    amount = Decimal(str(rials))
    size, fa, en = next(unit for unit in _MONEY if abs(amount) >= unit[0] or unit[0] == 1)
    shown = _ROUNDING.quantize(_ROUNDING.divide(amount, size), Decimal(1) if size == 1 else Decimal("0.1"))
    return f"{format_number(shown, language)} {fa if is_persian(language) else en}"


# --------------------------------------------------------------------------------------------------------------- dates


class DateRefused(ValueError):
    """A date that is none, with the reason as a sentence in both languages."""

    def __init__(self, fa: str, en: str) -> None:
        super().__init__(f"{fa} / {en}")
        self.fa, self.en = fa, en

    def sentence(self, language: str) -> str:
        """The reason in one language."""
        return self.fa if is_persian(language) else self.en


_UNREADABLE = ("تاریخ درست نیست. نمونه: ۱۴۰۴/۰۸/۱۸", "The date is not valid. Example: 1404/08/18 or 2025-11-09")
_OUTSIDE = (
    f"سال باید بین {persian_digits(str(FIRST_YEAR))} و {persian_digits(str(LAST_YEAR))} باشد. نمونه: ۱۴۰۴/۰۸/۱۸",
    f"The year must be between {FIRST_YEAR} and {LAST_YEAR} (1821 to 2122). Example: 1404/08/18",
)
_NO_MONTH = ("ماه باید بین ۱ و ۱۲ باشد. نمونه: ۱۴۰۴/۰۸/۱۸", "The month must be between 1 and 12.")
_NOT_GREGORIAN = ("این تاریخ میلادی وجود ندارد. نمونه: ۱۴۰۴/۰۸/۱۸", "There is no such day. Example: 2025-11-09")
_MONTH_BY_NAME = {norm(name).replace("آ", "ا"): number for number, name in enumerate(MONTHS_FA, 1)} | {"امرداد": 5}
_GREGORIAN_MONTH = {name.lower(): number for number, name in enumerate(MONTHS_EN, 1)}
_IN_NUMBERS = re.compile(r"(\d{4}) ?[/\-. ] ?(\d{1,2}) ?[/\-. ] ?(\d{1,2})")
_IN_PERSIAN = re.compile(r"(?:(?:(?:\w+ )?\w*شنبه|جمعه)،? ?)?(\d{1,2}) ?(\w+?)(?: ماه)? ?(\d{4})")
_IN_ENGLISH = re.compile(r"(?:[a-z]+,? )?(\d{1,2}) ([a-z]{3})[a-z]*\.? (\d{4})")


def jalali(day: date) -> tuple[int, int, int]:
    """Year, month and day of a Gregorian date in the Jalali calendar."""
    converted = _Jalali(date(day.year, day.month, day.day))
    return int(converted.year), int(converted.month), int(converted.day)


def month_days(year: int, month: int) -> int:
    """Days of a Jalali month: 31 in the first six, 30 in the next five, 29 or (leap year) 30 in Esfand."""
    if month <= 6:
        return 31
    return 30 if month < 12 or _Jalali.is_leap(year) else 29


def gregorian(year: int, month: int, day: int) -> date:
    """The Gregorian date of a Jalali one.

    Raises:
        DateRefused: when there is no such day, or the year is not between 1200 and 1500.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise DateRefused(*_OUTSIDE)
    if not 1 <= month <= 12:
        raise DateRefused(*_NO_MONTH)
    length = month_days(year, month)
    if not 1 <= day <= length:
        raise _no_such_day(year, month, length)
    converted: date = _Jalali(year, month, day).to_gregorian()
    return converted


def _no_such_day(year: int, month: int, length: int) -> DateRefused:
    name, days = MONTHS_FA[month - 1], persian_digits(str(length))
    if month == 12 and length == 29:
        return DateRefused(
            f"سال {persian_digits(str(year))} کبیسه نیست و {name} آن {days} روز دارد.",
            f"{year} is not a leap year: its month 12 has {length} days.",
        )
    return DateRefused(f"{name} {days} روز دارد.", f"Month {month} has {length} days.")


def parse_date(text: str) -> date:
    """The Gregorian date of a typed one, in any digits.

    Read are 1404/8/18 with / - . or spaces between, «18 آبان 1404» with or without its weekday, 2025-11-09 (a year
    above 1700 is Gregorian) and 9 Nov 2025.

    Raises:
        DateRefused: a ValueError that says why, in both languages.
    """
    words = norm(text).replace("آ", "ا")
    if numbers := _IN_NUMBERS.fullmatch(words):
        return _date_of(*(int(number) for number in numbers.groups()))
    if (named := _IN_PERSIAN.fullmatch(words)) and (month := _MONTH_BY_NAME.get(named[2])):
        return gregorian(int(named[3]), month, int(named[1]))
    if (named := _IN_ENGLISH.fullmatch(words)) and (month := _GREGORIAN_MONTH.get(named[2])):
        return _date_of(int(named[3]), month, int(named[1]))
    raise DateRefused(*_UNREADABLE)


def _date_of(year: int, month: int, day: int) -> date:
    if year <= GREGORIAN_FROM:
        return gregorian(year, month, day)
    try:
        found = date(year, month, day)
    except ValueError:
        raise DateRefused(*_NOT_GREGORIAN) from None
    if not FIRST_YEAR <= jalali(found)[0] <= LAST_YEAR:
        raise DateRefused(*_OUTSIDE)
    return found


def format_date(day: date, language: str, style: str = "long") -> str:
    """A date as it is read: `long` ۱۸ آبان ۱۴۰۴ or 9 Nov 2025, `short` ۱۴۰۴/۰۸/۱۸ or 2025-11-09, `full` with weekday.

    Raises:
        KeyError: for another style.
    """
    if not is_persian(language):
        long = f"{day.day} {MONTHS_EN[day.month - 1]} {day.year}"
        return {"long": long, "short": day.strftime("%Y-%m-%d"), "full": f"{weekday(day, language)} {long}"}[style]
    year, month, number = jalali(day)
    long = f"{number} {MONTHS_FA[month - 1]} {year}"
    short = f"{year}/{month:02d}/{number:02d}"
    return persian_digits({"long": long, "short": short, "full": f"{weekday(day, language)} {long}"}[style])


def weekday(day: date, language: str) -> str:
    """Name of a date's day of the week."""
    return (WEEKDAYS_FA if is_persian(language) else WEEKDAYS_EN)[day.weekday()]


def days_left(due: date, today: date, language: str) -> str:
    """Calendar days up to a due date: «۱۲ روز دیگر», «امروز», «۱۲ روز دیرکرد»."""
    days = (due - today).days
    count = format_number(abs(days), language)
    if is_persian(language):
        return "امروز" if not days else f"{count} روز {'دیگر' if days > 0 else 'دیرکرد'}"
    unit = "day" if abs(days) == 1 else "days"
    return "today" if not days else f"in {count} {unit}" if days > 0 else f"{count} {unit} late"
