// The frame around a figure is as high as what is in it.

/** Let the frame follow the page's height, where there is one, and the page around it may be reached. */
export function fitFrame() {
  const frame = /** @type {HTMLElement | null} */ (window.frameElement);
  if (!frame) return;
  const fit = () => { frame.style.height = `${Math.ceil(document.body.getBoundingClientRect().height)}px`; };
  new ResizeObserver(fit).observe(document.body);
  fit();
}
