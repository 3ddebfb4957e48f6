// The player: goes along the way of training, one network after another.

/** @typedef {{ at: () => number, last: number, goTo: (step: number) => void, shown: (playing: boolean) => void }} Way */

const PAUSE = 150;  // milliseconds at each network

/**
 * @param {Way} way
 */
export function playerOf(way) {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    way.shown(false);
  };
  const next = () => {
    way.goTo(way.at() + 1);
    if (way.at() === way.last) stop();
  };
  const play = () => {
    if (timer !== undefined) return stop();
    if (way.at() === way.last) way.goTo(0);
    timer = setInterval(next, PAUSE);
    way.shown(true);
  };
  return { play, stop, go: (/** @type {number} */ step) => { stop(); way.goTo(step); } };
}
