import "./main.css";
import { enhanceDates } from "./dates.js";
import { guardForms } from "./forms.js";
import { enhanceShell } from "./shell.js";

enhanceShell();
guardForms();
enhanceDates(document);
document.addEventListener("htmx:load", (event) => enhanceDates(event.detail.elt));
