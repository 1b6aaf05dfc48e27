// The button and the dialog, in a shadow tree: neither style sheets nor scripts' markup reach it.
const h = (tag, props = {}, ...inside) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...inside.filter((each) => each || each === ""));
  return element;
};

const host = document.createElement("shipops-widget");
const shadow = host.attachShadow({ mode: "open" });
const root = h("div", { className: `root ${conf.theme || "light"}` });
const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);
shadow.adoptedStyleSheets = [sheet];
shadow.append(root);

let own = {};
let told = {};
const t = (name, values = {}) => Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), own[name] || told[name] || ENGLISH[name] || "");

let identity = {};
let dialog = null;
let isBusy = false;
let draft = null;
const newDraft = () => ({ id: crypto.randomUUID(), pictures: [], without: new Set() });

// --- What is sent along: shown, and each can be left out -------------------------------------

const line = (row) => Object.entries(row).filter(([name]) => name !== "at").map(([, value]) => value).join(" ");
const groups = () => {
  const around = surroundings();
  const { signature, ...user } = identity;
  return [
    { name: "page", lines: [mask(location.href)] },
    { name: "browser", lines: Object.values(around), facts: around },
    { name: "console", lines: kept.console.map(line), facts: { console: kept.console } },
    { name: "requests", lines: kept.requests.map(line), facts: { requests: kept.requests } },
    { name: "clicks", lines: kept.clicks.map(line), facts: { clicks: kept.clicks } },
    { name: "release", lines: [conf.release, traceId()].filter(Boolean) },
    { name: "user", lines: Object.entries(user).map(([name, value]) => `${name}: ${value}`) },
  ].filter(({ lines }) => lines.length);
};
const isSent = (name) => !draft.without.has(name);
const along = () =>
  h("details", {},
    h("summary", {}, t("along")),
    h("p", { className: "hint" }, t("alongHint")),
    ...groups().map(({ name, lines }) =>
      h("div", {},
        h("label", { className: "plain" },
          h("input", { type: "checkbox", checked: isSent(name), name: `with_${name}`, onchange: ({ target }) => draft.without[target.checked ? "delete" : "add"](name) }),
          t(name)),
        h("ul", { tabIndex: 0, "aria-label": t(name) }, ...lines.map((text) => h("li", {}, text))))));

// --- The project's own questions --------------------------------------------------------------

const said = (words) => (words && (words[language] || words[language.split("-")[0]] || words.default || Object.values(words)[0])) || "";
const fieldOf = (question) => {
  const { name, type, required = false } = question;
  const label = said(question.label);
  const hint = question.help && h("p", { className: "hint", id: `h-${name}` }, said(question.help));
  const facts = { name: `q-${name}`, id: `q-${name}`, required, ...(hint ? { "aria-describedby": `h-${name}` } : {}) };
  const options = type === "yes_no" ? [["true", t("yes")], ["false", t("no")]] : (question.options || []).map((each) => [each.value, said(each.label)]);
  if (type === "choices") {
    const boxes = options.map(([value, text]) => h("label", { className: "plain" }, h("input", { type: "checkbox", name: `q-${name}`, value }), text));
    return h("fieldset", {}, h("legend", {}, label), ...boxes, hint);
  }
  let input = h("input", { ...facts, type: { number: "number", date: "date", email: "email", url: "url" }[type] || "text" });
  if (type === "number") Object.assign(input, { step: "any", min: question.least ?? "", max: question.most ?? "" });
  if (type === "long_text") input = h("textarea", { ...facts, rows: 3 });
  if (options.length) input = h("select", facts, ...[["", t("nothing")], ...options].map(([value, text]) => h("option", { value }, text)));
  return h("div", { className: "field" }, h("label", { htmlFor: `q-${name}` }, label), input, hint);
};
const answersIn = (form, questions) => {
  const data = new FormData(form);
  const answers = {};
  for (const { name, type } of questions) {
    const given = data.getAll(`q-${name}`).filter(Boolean);
    if (!given.length) continue;
    answers[name] = type === "choices" ? given : type === "number" ? Number(given[0]) : type === "yes_no" ? given[0] === "true" : given[0];
  }
  return answers;
};

// --- The dialog -------------------------------------------------------------------------------

const show = (...inside) => {
  const close = h("button", { type: "button", className: "close", "aria-label": t("cancel"), onclick: () => dialog.close() }, "×");
  dialog.replaceChildren(h("div", { className: "head" }, h("h2", { id: "title" }, t("title")), close), ...inside);
};

const picturesIn = (place, status) => {
  const add = async (files) => {
    for (const file of [...files].filter(({ type }) => type.startsWith("image/"))) {
      if (draft.pictures.length >= (asked ? asked.most_files : 3)) return void (status.textContent = t("tooMany"));
      try {
        draft.pictures.push(await readPicture(file));
      } catch {
        status.textContent = t("noPicture");
      }
    }
    list();
  };
  const edit = (picture) => {
    const end = () => {
      dialog.classList.remove("wide");
      list();
    };
    const remove = () => {
      draft.pictures = draft.pictures.filter((each) => each !== picture);
      end();
    };
    dialog.classList.add("wide");
    const words = Object.fromEntries(["tools", "black", "draw", "undo", "remove", "done", "canvas"].map((name) => [name, t(name)]));
    place.replaceChildren(editorOf(picture, words, end, remove));
    place.querySelector("canvas").focus();
  };
  const take = async () => {
    try {
      draft.pictures.push(await takePicture());
    } catch (error) {
      // Whoever says no to the browser's question wants no message about it.
      if (error.name !== "NotAllowedError") status.textContent = t("noPicture");
    }
    list();
    place.querySelector("button").focus();
  };
  const list = () => {
    const chooser = h("input", { type: "file", accept: "image/*", multiple: true, hidden: true, onchange: ({ target }) => add(target.files) });
    const canTake = navigator.mediaDevices && navigator.mediaDevices.getDisplayMedia;
    const shots = draft.pictures.map((picture, index) => {
      const thumb = h("canvas", { role: "img", "aria-label": `${index + 1}` });
      paint(thumb, picture);
      const n = { n: index + 1 };
      return h("div", { className: "shot" }, thumb,
        h("button", { type: "button", onclick: () => edit(picture) }, t("edit", n)),
        h("button", { type: "button", onclick: () => {
          draft.pictures.splice(index, 1);
          list();
        } }, t("removeNth", n)));
    });
    place.replaceChildren(...[
      h("div", { className: "row" },
        canTake && h("button", { type: "button", onclick: take }, t("picture")),
        h("button", { type: "button", onclick: () => chooser.click() }, t("choose")), chooser),
      h("p", { className: "hint" }, t("drop")),
      shots.length && h("div", { className: "row" }, ...shots),
    ].filter(Boolean));
  };
  list();
  return add;
};

const suggestIn = (place) => {
  let waiting = 0;
  let last = "";
  return (text) => {
    clearTimeout(waiting);
    if (!asked || !asked.suggestions || text.trim().length < 10 || text === last) return;
    waiting = setTimeout(async () => {
      last = text;
      const { ok, body } = await ask(address("suggestions", { q: text.slice(0, 300) })).catch(() => ({}));
      const titles = ok ? body.results : [];
      place.replaceChildren(...(titles.length ? [h("p", { className: "hint" }, t("known")), h("ul", {}, ...titles.map((title) => h("li", {}, title)))] : []));
    }, 500);
  };
};

const formOf = () => {
  const questions = asked ? asked.form.questions : [];
  const status = h("p", { role: "status", className: "hint" });
  const error = h("p", { role: "alert", className: "bad" });
  const known = h("div", { className: "known", "aria-live": "polite" });
  const suggest = suggestIn(known);
  const pictures = h("div", { className: "field" });
  const text = h("textarea", { id: "text", name: "text", required: true, maxLength: 50000, rows: 4, autofocus: true, "aria-describedby": "text-hint", oninput: () => suggest(text.value), onchange: () => {
    const masked = maskCards(text.value);
    if (masked !== text.value) status.textContent = t("card");
    text.value = masked;
  } });
  const email = h("input", { id: "email", name: "email", type: "email", maxLength: 254, autocomplete: "email", value: identity.email || "", "aria-describedby": "email-hint" });
  const submit = h("button", { type: "submit", className: "main" }, t("send"));
  const form = h("form", { onsubmit: (event) => {
    event.preventDefault();
    deliver(form, questions, { error, submit, status });
  } },
    h("div", { className: "field" }, h("label", { htmlFor: "text" }, t("text")), text, h("p", { className: "hint", id: "text-hint" }, t("hint"))),
    known, ...questions.map(fieldOf),
    h("div", { className: "field" }, h("label", { htmlFor: "email" }, t("email")), email, h("p", { className: "hint", id: "email-hint" }, t("emailHint"))),
    h("div", { className: "trap", "aria-hidden": "true" }, h("input", { name: "website", tabIndex: -1, autocomplete: "off" })),
    pictures, along(), status, error, h("div", { className: "row" }, submit));
  const add = picturesIn(pictures, status);
  form.addEventListener("paste", ({ clipboardData }) => add(clipboardData.files));
  for (const kind of ["dragover", "dragleave", "drop"]) {
    form.addEventListener(kind, (event) => {
      event.preventDefault();
      form.classList.toggle("dropping", kind === "dragover");
      if (kind === "drop") add(event.dataTransfer.files);
    });
  }
  return form;
};

const collect = (form, questions) => {
  const { signature = "", ...user } = identity;
  const sent = groups().filter(({ name }) => isSent(name));
  const has = (name) => sent.some((group) => group.name === name);
  const data = new FormData(form);
  return {
    text: maskCards(data.get("text")),
    email: data.get("email"),
    website: data.get("website"),
    page: has("page") ? mask(location.href) : "",
    release: has("release") ? conf.release || "" : "",
    trace: has("release") ? traceId() : "",
    context: Object.assign({ captured_at: new Date().toISOString() }, ...sent.map(({ facts }) => facts)),
    user: has("user") ? user : {},
    signature: has("user") ? signature : "",
    ...(asked ? { answers: answersIn(form, questions), answers_version: asked.form.version || "" } : {}),
  };
};

const deliver = async (form, questions, { error, submit, status }) => {
  if (isBusy) return;
  isBusy = submit.disabled = true;
  error.textContent = "";
  status.textContent = t("sending");
  const fail = (why) => {
    status.textContent = "";
    error.textContent = t("failed", { why });
  };
  const report = { id: draft.id, fields: collect(form, questions), files: await Promise.all(draft.pictures.map(blobOf)) };
  try {
    const { status: code, ok, body } = await send(report).catch(({ answer }) => answer || { status: 0, body: {} });
    if (ok) finish(t("thanks", { n: `#${body.number}` }), body.status_url);
    else if (!code || isLater(code)) await keepForLater(report).then(() => finish(t(code || navigator.onLine ? "laterBusy" : "later")));
    else fail(code === 401 || code === 403 ? t("refused") : body.detail || code);
  } catch (problem) {
    fail(problem.message);
  }
  isBusy = submit.disabled = false;
};

const finish = (text, link) => {
  draft = null;
  const words = h("p", { tabIndex: -1 }, text);
  show(h("div", { className: "done" }, words,
    link && h("a", { href: link, target: "_blank", rel: "noopener" }, t("follow")),
    h("button", { type: "button", onclick: begin }, t("another"))));
  words.focus();
};

const begin = () => {
  draft = newDraft();
  show(formOf());
  shadow.getElementById("text").focus();
};

// What waited for a connection has arrived.
const announce = ({ number, status_url: link }) => {
  const notice = h("div", { className: "notice", role: "status" });
  root.append(notice);
  notice.append(h("p", {}, t("thanks", { n: `#${number}` })), h("a", { href: link, target: "_blank", rel: "noopener" }, t("follow")), " ",
    h("button", { type: "button", className: "tool", onclick: () => notice.remove() }, t("cancel")));
};

const openDialog = async () => {
  if (!dialog) {
    dialog = h("dialog", { "aria-labelledby": "title" });
    root.append(dialog);
  }
  if (dialog.open) return;
  // Shown at once; what the project asks comes as soon as it is known, and nothing typed is lost.
  if (!draft) begin();
  dialog.showModal();
  const before = asked;
  const config = await configure().catch(() => asked);
  if (!config || config === before || !dialog.open) return;
  told = config.texts;
  if (!config.form.questions.length && !Object.keys(told).length) return;
  const form = dialog.querySelector("form");
  if (!form) return;
  const typed = Object.fromEntries(new FormData(form));
  show(formOf());
  for (const name of ["text", "email"]) shadow.getElementById(name).value = typed[name];
  shadow.getElementById("text").focus();
};
