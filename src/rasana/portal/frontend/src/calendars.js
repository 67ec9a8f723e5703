// Two calendars with the same four questions. A day is its number: days since 1970-01-01.

const DAY = 86_400_000;
const PERSIAN = "۰۱۲۳۴۵۶۷۸۹";

export const ascii = (text) =>
  text.replace(/[۰-۹]/g, (digit) => PERSIAN.indexOf(digit)).replace(/[٠-٩]/g, (digit) => "٠١٢٣٤٥٦٧٨٩".indexOf(digit));
export const persianDigits = (value) => String(value).replace(/\d/g, (digit) => PERSIAN[digit]);
export const weekday = (day) => new Date(day * DAY).getUTCDay(); // Sunday is 0
export const isoToDay = (iso) => Math.round(Date.parse(`${iso}T00:00:00Z`) / DAY);
export const dayToIso = (day) => new Date(day * DAY).toISOString().slice(0, 10);

// The 33-year rule, right for 1343 to 1472: eight leap years in 33. 979-01-01 is 1600-03-20.
const FIRST = Date.UTC(1600, 2, 20) / DAY;
const before = (year) => {
  const n = year - 979;
  return FIRST + 365 * n + 8 * Math.floor(n / 33) + Math.floor((n - 33 * Math.floor(n / 33) + 3) / 4);
};
const monthBefore = (month) => (month <= 7 ? 31 * (month - 1) : 186 + 30 * (month - 7));

export const jalali = {
  months: ["فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"],
  length: (year, month) => (month <= 6 ? 31 : month <= 11 ? 30 : before(year + 1) - before(year) - 336),
  toDay: (year, month, date) => before(year) + monthBefore(month) + date - 1,
  ofDay(day) {
    let year = new Date(day * DAY).getUTCFullYear() - 621;
    if (day < before(year)) year -= 1;
    const rest = day - before(year);
    const month = rest < 186 ? Math.floor(rest / 31) + 1 : Math.min(12, Math.floor((rest - 186) / 30) + 7);
    return { year, month, date: rest - monthBefore(month) + 1 };
  },
};

export const gregorian = {
  months: ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
  length: (year, month) => new Date(Date.UTC(year, month, 0)).getUTCDate(),
  toDay: (year, month, date) => Date.UTC(year, month - 1, date) / DAY,
  ofDay(day) {
    const at = new Date(day * DAY);
    return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, date: at.getUTCDate() };
  },
};

/** The day that a text means (1404/10/25, ۲۵ دی ۱۴۰۴, 2026-01-15), or null: years before 1700 are Jalali. */
export function read(text) {
  const plain = ascii(text.trim()).replaceAll("ي", "ی").replaceAll("ك", "ک").replace(/\u200c/g, "");
  let parts = plain.match(/^(\d{4})[/\-.](\d{1,2})[/\-.](\d{1,2})$/);
  if (parts) parts = parts.slice(1).map(Number);
  else {
    const named = plain.match(/^(\d{1,2})\s+(\S+)\s+(\d{4})$/);
    const month = named && jalali.months.indexOf(named[2]) + 1;
    if (!month) return null;
    parts = [Number(named[3]), month, Number(named[1])];
  }
  const [year, month, date] = parts;
  const calendar = year < 1700 ? jalali : gregorian;
  if (month < 1 || month > 12 || date < 1 || date > calendar.length(year, month)) return null;
  return calendar.toDay(year, month, date);
}
