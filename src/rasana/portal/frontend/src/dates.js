// The date field: an echo of what was typed (weekday, days from today) and a month grid. The field itself takes text without it.
import { dayToIso, gregorian, isoToDay, jalali, persianDigits, read, weekday } from "./calendars.js";

const root = document.documentElement;
const fa = root.lang.startsWith("fa");
const calendar = fa ? jalali : gregorian;
const digits = (value) => (fa ? persianDigits(value) : String(value));
const today = () => (root.dataset.today ? isoToDay(root.dataset.today) : Math.floor(Date.now() / 86_400_000));
const WEEK = [6, 0, 1, 2, 3, 4, 5]; // Saturday first
const NAMES = fa
  ? ["یکشنبه", "دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه"]
  : ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const SHORT = fa ? ["ی", "د", "س", "چ", "پ", "ج", "ش"] : ["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"];
const WORDS = fa
  ? { open: "تقویم", previous: "ماه پیش", next: "ماه بعد", today: "امروز", off: "تعطیل", ahead: "روز دیگر", ago: "روز پیش", close: "بستن" }
  : { open: "Calendar", previous: "Previous month", next: "Next month", today: "today", off: "day off", ahead: "days from now", ago: "days ago", close: "Close" };
const ICON = '<svg class="ic" viewBox="0 0 16 16" aria-hidden="true"><path d="M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.3v3M10.5 2.3v3"/></svg>';
const ARROW = (flip) => `<svg class="ic flip" viewBox="0 0 16 16" aria-hidden="true"><path d="${flip ? "M6 3.5L10.5 8 6 12.5" : "M10 3.5L5.5 8 10 12.5"}"/></svg>`;

let holidays = null;
/** Names of holidays by ISO date, asked once from the address that the page gives. */
async function loadHolidays() {
  if (holidays || !root.dataset.holidays) return;
  holidays = {};
  const answer = await fetch(root.dataset.holidays, { headers: { Accept: "application/json" } });
  if (answer.ok) holidays = await answer.json();
}

const longText = (day) => {
  const { year, month, date } = calendar.ofDay(day);
  return `${digits(date)} ${calendar.months[month - 1]} ${digits(year)}`;
};

function distance(day) {
  const days = day - today();
  if (days === 0) return WORDS.today;
  return `${digits(Math.abs(days))} ${days > 0 ? WORDS.ahead : WORDS.ago}`;
}

const comma = fa ? "، " : ", ";
const offName = (day) => holidays?.[dayToIso(day)] ?? (weekday(day) === 5 ? WORDS.off : "");

function echo(input, output) {
  const day = read(input.value);
  output.textContent = day === null ? "" : `${NAMES[weekday(day)]} ${longText(day)}${comma}${distance(day)}`;
}

/** The grid of one month; `focus` is the day that has the keyboard. */
function draw(box, focus, chosen) {
  const { year, month } = calendar.ofDay(focus);
  const first = calendar.toDay(year, month, 1);
  const last = first + calendar.length(year, month) - 1;
  const cells = [];
  for (let day = first - WEEK.indexOf(weekday(first)); day <= last || cells.length % 7; day += 1) {
    if (day < first || day > last) {
      cells.push("<td></td>");
      continue;
    }
    const name = offName(day);
    const label = `${NAMES[weekday(day)]} ${longText(day)}${name ? comma + name : ""}`;
    cells.push(
      `<td role="gridcell" aria-selected="${day === chosen}"><button type="button" data-day="${day}" tabindex="${day === focus ? 0 : -1}"` +
        `${day === today() ? ' aria-current="date"' : ""}${name ? ' class="off"' : ""} aria-label="${label}">${digits(day - first + 1)}</button></td>`,
    );
  }
  const rows = [];
  for (let start = 0; start < cells.length; start += 7) rows.push(`<tr>${cells.slice(start, start + 7).join("")}</tr>`);
  box.innerHTML =
    `<div class="bar-of"><button type="button" class="icon-btn" data-step="-1" aria-label="${WORDS.previous}">${ARROW(false)}</button>` +
    `<h3 id="${box.id}-title" aria-live="polite">${calendar.months[month - 1]} ${digits(year)}</h3>` +
    `<button type="button" class="icon-btn" data-step="1" aria-label="${WORDS.next}">${ARROW(true)}</button></div>` +
    `<table role="grid" aria-labelledby="${box.id}-title"><thead><tr>${WEEK.map((day) => `<th scope="col"><abbr aria-label="${NAMES[day]}">${SHORT[day]}</abbr></th>`).join("")}</tr></thead>` +
    `<tbody>${rows.join("")}</tbody></table><p class="said"></p>`;
  box.querySelector(".said").textContent = `${NAMES[weekday(focus)]} ${longText(focus)}${comma}${distance(focus)}${offName(focus) ? comma + offName(focus) : ""}`;
}

function shiftMonth(day, step) {
  const { year, month, date } = calendar.ofDay(day);
  const index = year * 12 + month - 1 + step;
  const [toYear, toMonth] = [Math.floor(index / 12), (index % 12) + 1];
  return calendar.toDay(toYear, toMonth, Math.min(date, calendar.length(toYear, toMonth)));
}

function moved(event, day) {
  const forward = getComputedStyle(event.currentTarget).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  const back = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
  const column = WEEK.indexOf(weekday(day));
  const steps = { [forward]: 1, [back]: -1, ArrowDown: 7, ArrowUp: -7, Home: -column, End: 6 - column };
  if (event.key in steps) return day + steps[event.key];
  if (event.key === "PageDown") return shiftMonth(day, event.shiftKey ? 12 : 1);
  if (event.key === "PageUp") return shiftMonth(day, event.shiftKey ? -12 : -1);
  return null;
}

function attach(input) {
  const holder = document.createElement("div");
  holder.className = "dp";
  input.replaceWith(holder);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  const label = document.querySelector(`label[for="${input.id}"]`)?.firstChild?.textContent.trim() ?? "";
  button.setAttribute("aria-label", `${WORDS.open}${label ? `: ${label}` : ""}`);
  button.setAttribute("aria-expanded", "false");
  button.innerHTML = ICON;
  const box = document.createElement("div");
  box.className = "month";
  box.id = `${input.id}-month`;
  box.hidden = true;
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-label", WORDS.open);
  const output = document.createElement("output");
  output.className = "echo";
  output.htmlFor = input.id;
  holder.append(input, button, box);
  holder.after(output);
  let focus = today();

  const show = (grab) => {
    draw(box, focus, read(input.value));
    if (grab) box.querySelector(`[data-day="${focus}"]`).focus();
  };
  const close = (back) => {
    box.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (back) button.focus();
  };
  const choose = (day) => {
    const { year, month, date } = calendar.ofDay(day);
    const pad = (value) => String(value).padStart(2, "0");
    input.value = fa ? digits(`${year}/${pad(month)}/${pad(date)}`) : dayToIso(day);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
    close(true);
  };

  button.addEventListener("click", async () => {
    if (!box.hidden) return close(true);
    await loadHolidays();
    focus = read(input.value) ?? today();
    box.hidden = false;
    box.classList.toggle("up", holder.getBoundingClientRect().bottom + 380 > innerHeight && holder.getBoundingClientRect().top > 400);
    button.setAttribute("aria-expanded", "true");
    show(true);
  });
  box.addEventListener("click", (event) => {
    const day = event.target.closest("[data-day]");
    const step = event.target.closest("[data-step]");
    if (day) choose(Number(day.dataset.day));
    if (!step) return;
    focus = shiftMonth(focus, Number(step.dataset.step));
    show(false);
    box.querySelector(`[data-step="${step.dataset.step}"]`).focus();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close(true);
      return;
    }
    if (!event.target.dataset.day) return;
    const day = moved(event, focus);
    if (day === null) return;
    event.preventDefault();
    focus = day;
    show(true);
  });
  holder.addEventListener("focusout", (event) => {
    if (!box.hidden && event.relatedTarget && !holder.contains(event.relatedTarget)) close(false);
  });
  document.addEventListener("click", (event) => {
    if (!box.hidden && event.target.isConnected && !holder.contains(event.target)) close(false);
  });
  input.addEventListener("input", () => echo(input, output));
  echo(input, output);
}

export function enhanceDates(within) {
  for (const input of within.querySelectorAll("input[data-jalali]:not([data-ready])")) {
    input.dataset.ready = "yes";
    attach(input);
  }
}
