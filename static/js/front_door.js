// Everything works without this file. It lets GOV.UK's components help where scripts run.
import { initAll } from "../built/govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
