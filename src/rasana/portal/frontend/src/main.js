import "./main.css";
import { enhanceDates } from "./dates.js";
import { guardForms } from "./forms.js";
import { enhanceMinutes } from "./minutes.js";
import { enhanceRows } from "./rows.js";
import { enhanceShell } from "./shell.js";

enhanceShell();
guardForms();
enhanceRows();
enhanceMinutes();
enhanceDates(document);
document.addEventListener("htmx:load", (event) => enhanceDates(event.detail.elt));
