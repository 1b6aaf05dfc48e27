// Keeps what was typed in a form marked data-draft="OWNER" until the server says it has it: by a
// mark data-draft-done="OWNER:PROJECT", or by the address it leads to after a reply (#said-…).
// One draft for each owner and project, in this browser only, for seven days.
const KEPT_FOR_MS = 7 * 24 * 60 * 60 * 1000
const PREFIX = 'shipops:draft:'

function storage () {
  try {
    return window.localStorage
  } catch (error) {
    return null
  }
}

function read (key) {
  try {
    const draft = JSON.parse(storage().getItem(key))
    return draft && Date.now() - draft.at < KEPT_FOR_MS ? draft : null
  } catch (error) {
    return null
  }
}

function forget (key) {
  storage()?.removeItem(key)
}

function forgetAll () {
  const store = storage()
  if (!store) return
  for (const key of Object.keys(store)) {
    if (key.startsWith(PREFIX)) store.removeItem(key)
  }
}

function keepDraft (form) {
  const projectField = form.elements.namedItem('project')
  const texts = [...form.elements].filter(field => field.matches('textarea, input[type="text"], input[type="url"]'))
  const radios = [...form.querySelectorAll('input[type="radio"]')]
  const notice = form.querySelector('[data-draft-notice]')
  const key = () => `${PREFIX}${form.dataset.draft}:${projectField ? projectField.value : ''}`
  let current = key()

  if (form.hasAttribute('data-draft-reply') && window.location.hash.startsWith('#said-')) forget(current)

  function save () {
    const draft = { at: Date.now(), texts: {}, radios: {} }
    for (const field of texts) if (field.value) draft.texts[field.name] = field.value
    for (const field of radios) if (field.checked) draft.radios[field.name] = field.value
    try {
      if (Object.keys(draft.texts).length) {
        storage().setItem(key(), JSON.stringify(draft))
      } else {
        forget(key())
      }
    } catch (error) {
      // A full or forbidden store costs the safety net, not the form.
    }
  }

  function restore () {
    const draft = read(current)
    if (!draft || texts.some(field => field.value.trim() && field.name in draft.texts)) return
    for (const field of texts) if (field.name in draft.texts) field.value = draft.texts[field.name]
    for (const field of radios) if (draft.radios[field.name] === field.value) field.checked = true
    if (!notice) return
    const when = new Date(draft.at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
    notice.querySelector('[data-draft-when]').textContent = when
    notice.hidden = false
  }

  form.addEventListener('input', save)
  form.addEventListener('change', save)
  projectField?.addEventListener('change', () => {
    const empty = texts.every(field => !field.value.trim())
    if (!empty) forget(current)
    current = key()
    if (empty) restore()
    else save()
  })
  form.querySelector('[data-draft-discard]')?.addEventListener('click', () => {
    forget(key())
    for (const field of texts) field.value = ''
    notice.hidden = true
    texts[0].focus()
  })
  restore()
}

for (const form of document.querySelectorAll('form[data-draft]')) keepDraft(form)
for (const mark of document.querySelectorAll('[data-draft-done]')) forget(`${PREFIX}${mark.dataset.draftDone}`)

// Whoever signs out on purpose leaves nothing behind on a shared machine.
document.addEventListener('submit', event => {
  if (event.target.matches('[data-forget-drafts]')) forgetAll()
})
