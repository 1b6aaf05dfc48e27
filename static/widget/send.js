// Sending, and keeping what could not be sent. The key of a report is made once, so that however
// often it is sent it arrives once.
const OLDEST_DAYS = 30;
const address = (path, query = {}) => `${base}/api/v1/widget/${path}?${new URLSearchParams({ key: projectKey, ...query })}`;

const ask = async (path, options) => {
  const answer = await nativeFetch(path, { credentials: "omit", ...options });
  const body = await answer.json().catch(() => ({}));
  return { status: answer.status, ok: answer.ok, body };
};

let asked = null;
const configure = async () => {
  if (!asked || Date.now() - asked.at > 3600e3) {
    const answer = await ask(address("config", { language }));
    if (!answer.ok) throw Object.assign(new Error("refused"), { answer });
    asked = { ...answer.body, at: Date.now() };
  }
  return asked;
};

// Hashcash: a counter for which the hash begins with so many zero bits.
const prove = async (challenge, bits, message) => {
  const encoder = new TextEncoder();
  const hash = (counter) => crypto.subtle.digest("SHA-256", encoder.encode(`${challenge}:${message}:${counter}`));
  const isEnough = (digest) => !bits || new DataView(digest).getUint32(0) >>> (32 - bits) === 0;
  for (let from = 0; ; from += 256) {
    const digests = await Promise.all(Array.from({ length: 256 }, (_, step) => hash(from + step)));
    const found = digests.findIndex(isEnough);
    if (found >= 0) return from + found;
  }
};

const send = async ({ id, fields, files }) => {
  const { challenge, bits } = await configure();
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    form.append(name, typeof value === "object" ? JSON.stringify(value) : value);
  }
  files.forEach((file, place) => form.append("files", file, `screenshot-${place + 1}.jpg`));
  form.append("idempotency_key", id);
  form.append("challenge", challenge);
  form.append("proof", await prove(challenge, bits, id));
  const answer = await ask(address("reports"), { method: "POST", body: form });
  // A challenge may be over, or from before the server's key was changed.
  if (answer.status === 400 && (answer.body.errors || []).some((each) => /challenge|proof/.test(each.field))) asked = null;
  return answer;
};

const isLater = (status) => status === 429 || status >= 500;

const store = (mode, work) =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open("shipops", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("reports", { keyPath: "id" });
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const change = opening.result.transaction("reports", mode);
      const request = work(change.objectStore("reports"));
      change.oncomplete = () => resolve(request.result);
      change.onerror = change.onabort = () => reject(change.error);
    };
  });
const keepForLater = (report) => store("readwrite", (reports) => reports.put({ ...report, key: projectKey, at: Date.now() }));

let isFlushing = false;
const sendKept = async () => {
  if (isFlushing || !navigator.onLine) return;
  isFlushing = true;
  try {
    for (const report of await store("readonly", (reports) => reports.getAll())) {
      const isOld = Date.now() - report.at > OLDEST_DAYS * 86400e3;
      if (report.key !== projectKey && !isOld) continue;
      const answer = isOld ? { status: 410 } : await send(report);
      if (isLater(answer.status) || answer.status === 401 || answer.status === 403) break;
      // Sent, or refused in a way that waiting does not mend.
      await store("readwrite", (reports) => reports.delete(report.id));
      if (answer.ok) announce(answer.body);
    }
  } catch {
    // Still no connection, or nothing can be kept here: the next load tries again.
  } finally {
    isFlushing = false;
  }
};
