"use strict";
// Furo writes the chosen theme on <body>; tokens.css reads it on <html>, and so do the figures.
const roots = () => [document, ...Array.from(document.querySelectorAll(".pellucid-figure iframe"), frame => frame.contentDocument)];
const dress = () => {
  const chosen = document.body.dataset.theme;
  for (const { documentElement: root } of roots().filter(Boolean)) {
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
    else delete root.dataset.theme;
  }
};
dress();
addEventListener("load", dress);
new MutationObserver(dress).observe(document.body, { attributeFilter: ["data-theme"] });
