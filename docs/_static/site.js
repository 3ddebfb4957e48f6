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
dress();
addEventListener("load", dress);
new MutationObserver(dress).observe(document.body, { attributeFilter: ["data-theme"] });
