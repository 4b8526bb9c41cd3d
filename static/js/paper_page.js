// A page for paper is all there is of a day when the network is down: its links do not throw it away.
import { KeptPage } from "./kept_page.js";

new KeptPage(document.getElementById("kept-page"));
