// What must not leave the page: passwords, tokens in addresses and card-like numbers.
const HIDDEN = "***";
const WORDS = "token|secret|passw(?:or)?d|passcode|pwd|auth|session|sid|code|key|sig|signature|jwt|credential|otp|pin";
const IN_ADDRESS = new RegExp(`([?&;#][\\w.[\\]-]*(?:${WORDS})[\\w.[\\]-]*=)[^&#\\s"']*`, "gi");
const IN_TEXT = new RegExp(`\\b([\\w-]*(?:token|secret|passw(?:or)?d|pwd|api[_-]?key)["']?\\s*[:=]\\s*["']?)[^\\s"',;&}]+`, "gi");

// Luhn's check (ISO/IEC 7812-1, annex B).
const isCard = (text) => {
  const digits = text.replace(/\D/g, "");
  const sum = [...digits].reverse().reduce((all, digit, place) => {
    const twice = digit * (1 + (place % 2));
    return all + (twice > 9 ? twice - 9 : twice);
  }, 0);
  return sum % 10 === 0 && /[1-9]/.test(digits);
};
const maskCards = (text) => text.replace(/\b\d(?:[ -]?\d){12,18}\b/g, (found) => (isCard(found) ? HIDDEN : found));

// A part of a path that is long and mixed is a link's token; words and UUIDs are names.
const isToken = (run) => /\d/.test(run) && (run.length > 19 ? /[a-z]/i.test(run) : run.length > 11 && /[a-z]/.test(run) && /[A-Z]/.test(run));
const maskParts = (text) => text.replace(/([/=])([\w-]{16,})(?=[/?&#\s"']|$)/g, (found, before, part) => (part.split("-").some(isToken) ? before + HIDDEN : found));

const mask = (text) =>
  maskParts(
    maskCards(String(text))
      .replace(IN_ADDRESS, `$1${HIDDEN}`)
      .replace(/\/\/[^/\s:@]+:[^/\s@]+@/g, `//${HIDDEN}@`)
      .replace(/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`)
      .replace(/\beyJ[\w-]{6,}\.[\w.-]+/g, HIDDEN)
      .replace(IN_TEXT, `$1${HIDDEN}`)
  );
