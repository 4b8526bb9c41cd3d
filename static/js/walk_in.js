// The form of somebody who is here: neither a lost network nor the end of a session loses what is typed.
import { KeptForm } from "./kept_form.js";
import { KeptPage } from "./kept_page.js";

const notice = document.getElementById("not-sent");
for (const form of document.querySelectorAll("form[data-kept]")) new KeptForm(form, notice);
new KeptPage(document.getElementById("kept-page"));
