// Menus that close, the key to the search, questions before what cannot be undone, copying. All works without this file too.

const typing = (element) => element.matches("input, textarea, select, [contenteditable]");

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except && !menu.contains(except)) menu.open = false;
  }
}

function keys(event) {
  if (event.key === "Escape") {
    const menu = document.activeElement?.closest("details.menu[open]");
    closeMenus(null);
    menu?.querySelector("summary").focus();
    return;
  }
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const search = document.querySelector(".find input");
  if (!search || !search.checkVisibility()) return;
  event.preventDefault();
  search.focus();
  search.select();
}

/** Asks in a dialog that repeats the verb of the button; submits the form with that button when it is confirmed. */
function ask(event) {
  const form = event.target;
  const button = event.submitter;
  const question = button?.dataset.confirm ?? form.dataset.confirm;
  const dialog = document.getElementById("confirm");
  if (!question || !dialog || form.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  dialog.querySelector("[data-question]").textContent = question;
  const yes = dialog.querySelector("[value=yes]");
  yes.textContent = button?.textContent.trim() || yes.textContent;
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") {
      button?.focus();
      return;
    }
    form.dataset.confirmed = "yes";
    form.requestSubmit(button);
    delete form.dataset.confirmed;
  };
  dialog.showModal();
}

async function copy(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const said = document.getElementById("said");
  if (said) said.textContent = button.dataset.copied ?? "";
}

export function enhanceShell() {
  document.addEventListener("click", (event) => closeMenus(event.target));
  document.addEventListener("click", copy);
  document.addEventListener("keydown", keys);
  document.addEventListener("submit", ask, true);
  for (const box of document.querySelectorAll(".scroll")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}
