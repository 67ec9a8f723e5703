// Rows of decisions: Enter goes to the next line and adds one when there is none left. The form works without this too.
import { enhanceDates } from "./dates.js";

function renumber(element, place) {
  for (const name of ["id", "name", "for", "aria-describedby"]) {
    const value = element.getAttribute(name);
    if (value) element.setAttribute(name, value.replace(/(d\d+-)\d+(-)/g, `$1${place}$2`));
  }
}

/** A row as the server draws it, kept before the calendar's buttons are hung on its date. */
function templates(list) {
  const row = list.lastElementChild.cloneNode(true);
  for (const note of row.querySelectorAll(".err")) note.parentElement.remove();
  for (const field of row.querySelectorAll(".bad")) field.classList.remove("bad");
  for (const control of row.querySelectorAll("input, textarea, select")) {
    control.removeAttribute("aria-invalid");
    control.value = "";
    if (control.tagName === "INPUT") control.setAttribute("value", "");
    if (control.tagName === "TEXTAREA") control.textContent = "";
    for (const option of control.querySelectorAll?.("option[selected]") ?? []) option.removeAttribute("selected");
  }
  return row;
}

function add(list, template) {
  const row = template.cloneNode(true);
  const place = list.children.length;
  for (const element of row.querySelectorAll("*")) renumber(element, place);
  list.append(row);
  enhanceDates(row);
  return row;
}

export function enhanceMinutes() {
  for (const list of document.querySelectorAll("[data-rows]")) {
    const template = templates(list);
    list.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.target.tagName === "BUTTON") return;
      if (event.target.closest(".month")) return;
      event.preventDefault();
      const row = event.target.closest("[data-rows] > li");
      const next = row.nextElementSibling ?? add(list, template);
      next.querySelector("textarea").focus();
    });
  }
}
