// Small manners of every page: theme buttons, menus, dismissable messages, forms that are sent once.

function paintThemeButtons () {
  const shown = document.documentElement.dataset.shownTheme
  for (const button of document.querySelectorAll('[data-theme-toggle]')) {
    const label = shown === 'dark' ? 'Use the light theme' : 'Use the dark theme'
    button.setAttribute('aria-label', label)
    button.title = label
  }
  for (const button of document.querySelectorAll('[data-theme-choice]')) {
    button.setAttribute('aria-pressed', String(button.dataset.themeChoice === window.shipopsTheme.choice()))
  }
}

document.addEventListener('click', event => {
  const toggle = event.target.closest('[data-theme-toggle]')
  if (toggle) {
    window.shipopsTheme.choose(document.documentElement.dataset.shownTheme === 'dark' ? 'light' : 'dark')
  }
  const choice = event.target.closest('[data-theme-choice]')
  if (choice) window.shipopsTheme.choose(choice.dataset.themeChoice)

  const copy = event.target.closest('[data-copy]')
  if (copy) copyField(copy)

  const close = event.target.closest('[data-dismiss]')
  if (close) close.closest('li').remove()

  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (!menu.contains(event.target)) menu.open = false
  }
})

// Selected in any case, so that where the browser lets no page write to the clipboard (plain http)
// a person can copy it by hand.
async function copyField (button) {
  const field = document.getElementById(button.dataset.copy)
  field.focus()
  field.select()
  let words = 'Selected: now press Ctrl or ⌘ and C.'
  try {
    await navigator.clipboard.writeText(field.value)
    words = 'Copied.'
    button.focus()
  } catch (error) {
    // It stays selected.
  }
  button.parentElement.querySelector('[role="status"]').textContent = words
}

document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    menu.open = false
    menu.querySelector('summary').focus()
  }
})

// A second press while the first request is on its way sends nothing.
document.addEventListener('submit', event => {
  const form = event.target
  if (event.defaultPrevented || form.method !== 'post' || form.hasAttribute('hx-post')) return
  if (form.dataset.sent === 'true') {
    event.preventDefault()
    return
  }
  const question = event.submitter?.dataset.confirm
  if (question && !window.confirm(question)) {
    event.preventDefault()
    return
  }
  form.dataset.sent = 'true'
})

window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent
})

// After a refusal the first field at fault is where to go on.
document.querySelector('[aria-invalid="true"]')?.focus()

document.addEventListener('shipops:theme', paintThemeButtons)
paintThemeButtons()
