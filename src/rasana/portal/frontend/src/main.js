import "./main.css";
import { enhanceDates } from "./dates.js";
import { guardForms } from "./forms.js";
import { enhanceRows } from "./rows.js";
import { enhanceShell } from "./shell.js";

enhanceShell();
guardForms();
enhanceRows();
enhanceDates(document);
document.addEventListener("htmx:load", (event) => enhanceDates(event.detail.elt));
