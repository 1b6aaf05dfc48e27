// What happens on the page before somebody reports: kept in memory, the last of each.
const MOST = 20;
const kept = { console: [], requests: [], clicks: [] };
const nativeFetch = window.fetch.bind(window);

const note = (list, row) => {
  kept[list].push({ ...row, at: new Date().toISOString() });
  kept[list].splice(0, kept[list].length - MOST);
};

const say = (value) => {
  if (value instanceof Error) return value.stack || String(value);
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return String(value);
  }
};
const complain = (level, ...values) => note("console", { level, text: mask(values.map(say).join(" ").slice(0, 2000)).slice(0, 500) });

// Method, path and status: never a body or header, and never what stands behind the "?".
const failed = (method, address, status) => {
  try {
    const url = new URL(address, location.href);
    const origin = url.origin === location.origin ? "" : url.origin;
    note("requests", { method: String(method || "GET").toUpperCase(), path: mask(origin + url.pathname).slice(0, 300), status });
  } catch {
    // Not an address: the page's own mistake, which it hears of itself.
  }
};

const pointAt = (element) => {
  const parts = [];
  for (let at = element; at && at.localName && parts.length < 3; at = at.parentElement) {
    const id = at.id && `#${at.id}`;
    const classes = id ? "" : [...at.classList].slice(0, 2).map((name) => `.${name}`).join("");
    parts.unshift(at.localName + (id || classes));
    if (id) break;
  }
  return mask(parts.join(" > ")).slice(0, 200);
};

const listen = () => {
  const shout = console.error;
  console.error = (...values) => {
    complain("error", ...values);
    shout.apply(console, values);
  };
  addEventListener("error", (event) => event.message && complain("uncaught", event.error || event.message));
  addEventListener("unhandledrejection", (event) => complain("unhandled", event.reason));
  addEventListener("click", (event) => {
    const target = event.composedPath()[0];
    if (event.target !== host && target instanceof Element) note("clicks", { target: pointAt(target) });
  }, { capture: true, passive: true });

  window.fetch = async (...sent) => {
    const address = sent[0] instanceof Request ? sent[0].url : sent[0];
    const method = (sent[1] && sent[1].method) || (sent[0] instanceof Request && sent[0].method);
    try {
      const answer = await nativeFetch(...sent);
      if (!answer.ok && answer.type !== "opaque") failed(method, address, answer.status);
      return answer;
    } catch (error) {
      if (!error || error.name !== "AbortError") failed(method, address, "failed");
      throw error;
    }
  };
  const { open } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    this.addEventListener("loadend", () => this.status >= 400 && failed(method, address, this.status));
    this.addEventListener("error", () => failed(method, address, "failed"));
    return open.call(this, method, address, ...rest);
  };
};

// The trace in which a Sentry SDK (7 or later) reports, or that the server rendered the page in.
const traceId = () => {
  try {
    const { Sentry, __SENTRY__: carrier } = window;
    const meta = document.querySelector('meta[name="sentry-trace"]');
    const told = (Sentry && Sentry.getTraceData && Sentry.getTraceData()["sentry-trace"]) || (meta && meta.content);
    if (told) return told.split("-")[0];
    const hub = carrier && ((carrier[carrier.version] || {}).stack || carrier.hub);
    return (hub && hub.getScope().getPropagationContext().traceId) || "";
  } catch {
    return "";
  }
};

const surroundings = () => ({
  browser: navigator.userAgent,
  viewport: `${innerWidth}×${innerHeight}`,
  screen: `${screen.width}×${screen.height} @${devicePixelRatio}`,
  language: navigator.language,
  time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
});
