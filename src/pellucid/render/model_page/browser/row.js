// A page for the rows of a table: a form, and what the network makes of what stands in it.

import {byId} from "../../web/dom.js";
import {startForm} from "../../web/form.js";
import {page, see, seeNothing, startPage} from "./page.js";

function startRow() {
  startPage();
  startForm({form: byId("row"), paste: byId("paste"), pasted: byId("pasted")}, page.model, see, seeNothing);
}

startRow();
