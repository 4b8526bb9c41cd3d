// Everything works without this file. It lets GOV.UK's components help where scripts run.
import { initAll } from "../built/govuk-frontend.min.js";
import { chooseWhatIsMeant } from "./chosen_with.js";
import { keepHalfFilled } from "./half_filled.js";
import { openWhatIsNeeded, openWhatWasTyped } from "./open_changed.js";
import { warnBeforeHoldEnds } from "./hold_warning.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
keepHalfFilled();
openWhatWasTyped();
openWhatIsNeeded();
chooseWhatIsMeant();

const warning = document.querySelector("[data-hold-warning]");
if (warning) warnBeforeHoldEnds(warning);
