// A list of equal rows in a form: one spare row is shown at a time; Enter goes on to the next one and adds it when there is none.
// Names and ids of a row's controls end in "-<place>-<field>". The form works without this too.
import { enhanceDates } from "./dates.js";

const texts = (row) => [...row.querySelectorAll("input:not([type=hidden]), select, textarea")];
const isEmpty = (row) => texts(row).every((control) => control.value.trim() === "");

function tidy(list) {
  let spare = 0;
  for (const row of list.children) {
    const empty = isEmpty(row);
    row.classList.toggle("spare", empty);
    row.classList.toggle("next", empty && (spare += 1) === 1);
  }
}

/** An empty row as the server draws it, kept before the calendar's buttons are hung on its dates. */
function blank(list) {
  const row = list.lastElementChild.cloneNode(true);
  for (const note of row.querySelectorAll(".err")) note.parentElement.remove();
  for (const field of row.querySelectorAll(".bad")) field.classList.remove("bad");
  for (const control of row.querySelectorAll("input, select, textarea")) {
    control.removeAttribute("aria-invalid");
    control.setAttribute("value", "");
    control.value = "";
    if (control.tagName === "TEXTAREA") control.textContent = "";
  }
  for (const option of row.querySelectorAll("option[selected]")) option.removeAttribute("selected");
  return row;
}

function add(list, template) {
  const row = template.cloneNode(true);
  const place = list.children.length;
  for (const element of row.querySelectorAll("[id], [name], [for], [aria-describedby]")) {
    for (const name of ["id", "name", "for", "aria-describedby"]) {
      const value = element.getAttribute(name);
      if (value) element.setAttribute(name, value.replace(/-\d+(-[a-z_]+)/g, `-${place}$1`));
    }
  }
  list.append(row);
  enhanceDates(row);
  tidy(list);
  return row;
}

function enter(event, list, template) {
  const row = event.target.closest("[data-rows] > *");
  const typed = event.target.matches("input:not([type=hidden]), select, textarea") && !event.target.closest(".month");
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !row || !typed) return;
  event.preventDefault();
  if (isEmpty(row)) return;
  tidy(list);
  texts(row.nextElementSibling ?? add(list, template))[0].focus();
}

export function enhanceRows() {
  for (const list of document.querySelectorAll("[data-rows]")) {
    const template = blank(list);
    tidy(list);
    list.addEventListener("input", () => tidy(list));
    list.addEventListener("keydown", (event) => enter(event, list, template));
  }
}
