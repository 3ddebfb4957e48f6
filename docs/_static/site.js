"use strict";
// Furo writes the chosen theme on <body>; tokens.css reads it on <html>, and so do the figures.
const dress = () => {
  const chosen = document.body.dataset.theme, frames = [...document.querySelectorAll(".pellucid-figure iframe")];
  for (const root of [document, ...frames.map(frame => frame.contentDocument)].map(page => page?.documentElement)) {
    if (!root) continue; // not there yet
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
    else delete root.dataset.theme;
  }
};
// What scrolls can be reached by keys, and what does not is no stop for them.
const reach = () => {
  for (const box of document.querySelectorAll("pre, .table-wrapper, .math-block, .cell_output, .cell_output div")) {
    if (box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX !== "visible") box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
dress();
reach();
addEventListener("resize", reach);
addEventListener("load", dress);
new MutationObserver(dress).observe(document.body, { attributeFilter: ["data-theme"] });
