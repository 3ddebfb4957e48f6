// The contents say where one is: at the section that was asked for, where its beginning is in sight, else at the last
// one that has come up to the upper third of the screen.

/** @type {NodeListOf<HTMLAnchorElement>} */
const links = document.querySelectorAll("nav a");
const sections = Array.from(links, link => document.querySelector(link.hash));

/** Where a section begins, in pixels below the upper edge of the screen. @param {Element | null | undefined} section */
const topOf = section => section ? section.getBoundingClientRect().top : Infinity;

// What is too near the end to come up counts at the end as if it had.
function placeNow() {
  const {scrollHeight, clientHeight} = document.documentElement, atEnd = scrollY + clientHeight > scrollHeight - 2;
  const line = atEnd ? clientHeight : clientHeight / 3, asked = document.querySelector(":target");
  if (topOf(asked) >= 0 && topOf(asked) < line) return sections.indexOf(asked);
  return sections.findLastIndex(one => topOf(one) < line);
}

function markPlace() {
  const here = links[placeNow()];
  for (const link of links) if (link !== here) link.removeAttribute("aria-current");
  if (!here || here.ariaCurrent) return;
  here.setAttribute("aria-current", "location");
  const contents = here.closest("nav");
  contents?.scrollTo(here.offsetLeft - contents.clientWidth / 3, here.offsetTop - contents.clientHeight / 3);
}

for (const change of ["scroll", "resize", "hashchange"]) addEventListener(change, markPlace, {passive: true});
markPlace();
