// A list of equal rows in a form: one spare row is shown at a time; Enter in a row goes on to the next one.

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

function enter(event) {
  if (event.key !== "Enter" || !event.target.matches("input:not([type=hidden])")) return;
  const row = event.target.closest("[data-rows] > *");
  if (!row) return;
  event.preventDefault();
  tidy(row.parentElement);
  const next = row.nextElementSibling;
  if (next && !isEmpty(row)) texts(next)[0].focus();
}

export function enhanceRows() {
  for (const list of document.querySelectorAll("[data-rows]")) {
    tidy(list);
    list.addEventListener("input", () => tidy(list));
    list.addEventListener("keydown", enter);
  }
}
