listen();
document.documentElement.append(host);
host.dir = document.documentElement.dir || (/^(ar|fa|he|ur)\b/.test(language) ? "rtl" : "ltr");
host.lang = language;
if (conf.button !== "off") {
  const words = conf.buttonText || (BUTTONS[language.split("-")[0]] || ENGLISH).button || BUTTONS[language.split("-")[0]];
  root.append(h("button", { type: "button", className: `launch main ${conf.position || ""}`, onclick: openDialog }, words));
}
window.ShipOps = {
  open: openDialog,
  // Who uses the page: id, email, name and what else helps; signature is your server's HMAC of id.
  identify: (who) => (identity = { ...who }),
  // Texts of your own, by the names in texts/en.json.
  texts: (texts) => (own = { ...texts }),
};
document.dispatchEvent(new Event("shipops:ready"));
addEventListener("online", sendKept);
setTimeout(sendKept, 3000);
