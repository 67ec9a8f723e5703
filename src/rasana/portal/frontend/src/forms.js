// Typed text is not lost by a slip: leaving a page with a changed form asks first. One press submits once.

const changed = new Set();

function mark(event) {
  const form = event.target.form;
  if (form?.method === "post" && !form.hasAttribute("data-unguarded")) changed.add(form);
}

function leave(event) {
  for (const form of changed) if (!form.isConnected) changed.delete(form);
  if (changed.size) event.preventDefault();
}

function submitted(event) {
  if (event.defaultPrevented) return;
  const form = event.target;
  changed.delete(form);
  if (form.method !== "post" || form.hasAttribute("data-again")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
}

export function guardForms() {
  document.addEventListener("input", mark);
  document.addEventListener("submit", submitted);
  window.addEventListener("beforeunload", leave);
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    delete event.target.dataset.sent;
    if (event.detail.successful && event.target.hasAttribute("data-again")) changed.delete(event.target);
  });
}
