// One stream for all tabs of a browser: it has six connections to a server, and a stream holds one for good. The tab that
// holds the lock listens and tells the others; when it closes, the next one gets the lock. A hidden tab lets go.

const CHANNEL = "pellucid-studio", NAMES = ["step", "state", "landscape"], HELLO = "hello";

/**
 * Call back with each event: its name and what it says; `told("lost", null)` where the server is gone.
 * @param {(name: string, told: any) => void} told
 */
export function listen(told) {
  const channel = new BroadcastChannel(CHANNEL);
  /** @type {Record<string, any>} what the stream said last, where this tab listens to it: each event says all */
  let last = {};
  channel.onmessage = ({data}) => {
    if (data.name !== HELLO) told(data.name, data.told);
    else for (const name of Object.keys(last)) channel.postMessage({name, told: last[name]});
  };
  /** @param {string} name @param {any} what */
  const tell = (name, what) => {
    if (name !== "lost") last[name] = what;
    told(name, what);
    channel.postMessage({name, told: what});
  };
  const lead = async () => {
    await seen();
    await navigator.locks.request(CHANNEL, () => new Promise(done => {
      const stream = new EventSource("/events");
      for (const name of NAMES)
        stream.addEventListener(name, event => tell(name, JSON.parse(/** @type {MessageEvent} */ (event).data)));
      stream.onerror = () => tell("lost", null);
      const letGo = () => {
        if (document.visibilityState === "visible") return;
        document.removeEventListener("visibilitychange", letGo);
        stream.close();
        last = {};
        done(undefined);
      };
      document.addEventListener("visibilitychange", letGo);
    }));
    lead();
  };
  channel.postMessage({name: HELLO}); // to the tab that listens: the next event may be far away
  lead();
}

/** When this tab is seen. */
function seen() {
  return new Promise(done => {
    const look = () => {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", look);
      done(undefined);
    };
    document.addEventListener("visibilitychange", look);
    look();
  });
}
