if (window.ShipOps && window.ShipOps.open) return;
const script = document.currentScript;
const conf = script.dataset;
const projectKey = conf.key || "";
// Behind a proxy of the page's own it is there, too: all is asked where the script came from.
const base = (conf.endpoint ? new URL(conf.endpoint, location.href).href : script.src.replace(/\/widget\.js.*$/, "")).replace(/\/$/, "");
const language = conf.lang || document.documentElement.lang || navigator.language || "en";
