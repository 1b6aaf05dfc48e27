// The console's own manners: keys, saved replies, forms that are sent once, the running clock.

function isTyping (target) {
  return target.isContentEditable ||
    target.closest('textarea, select, input:not([type="radio"]):not([type="checkbox"])') !== null
}

function press (element) {
  const fold = element.closest('details')
  if (element.matches('summary')) {
    fold.open = true
    const first = fold.querySelector('input:not([type="hidden"]), select, textarea')
    if (first) first.focus()
    else element.focus()
  } else if (element.matches('input[type="search"], textarea')) {
    element.focus()
    element.select()
  } else {
    element.click()
  }
}

// A held key is one press, and keys repeat across pages: the next report would be judged unread.
document.addEventListener('keydown', event => {
  if (event.defaultPrevented || event.isComposing) return
  if ((event.ctrlKey || event.metaKey) && event.key === 'Enter' && event.target.form) {
    event.preventDefault()
    const wanted = event.target.form.querySelector('[data-submit]:not([hidden])')
    event.target.form.requestSubmit(visible(event.target.form) || wanted || undefined)
    return
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === 'Escape' && isTyping(event.target)) {
    event.target.blur()
    return
  }
  if (event.repeat || isTyping(event.target) || document.querySelector('dialog[open]')) return
  if (event.key === '?') {
    const keys = document.querySelector('dialog.keys')
    if (keys) keys.showModal()
    return
  }
  const wanted = [...document.querySelectorAll('[data-key]')]
    .find(element => element.dataset.key === event.key && !element.disabled)
  if (wanted) {
    event.preventDefault()
    press(wanted)
  }
})

function visible (form) {
  return [...form.querySelectorAll('button[type="submit"]')].find(button => button.offsetParent !== null)
}

document.addEventListener('click', event => {
  if (event.target.closest('[data-keys]')) document.querySelector('dialog.keys').showModal()
  if (event.target.closest('[data-close]')) event.target.closest('dialog').close()
  const copy = event.target.closest('[data-copy]')
  if (copy) {
    const field = document.getElementById(copy.dataset.copy)
    field.select()
    navigator.clipboard?.writeText(field.value)
    copy.textContent = 'Copied'
  }
  const same = event.target.closest('[data-same-days]')
  if (same) {
    for (const side of ['from', 'to']) {
      const monday = same.form.querySelectorAll(`[name="day0_${side}"]`)
      for (const day of [1, 2, 3, 4]) {
        same.form.querySelectorAll(`[name="day${day}_${side}"]`)
          .forEach((field, place) => {
            if (!monday[place]) return
            field.value = monday[place].value
            if (field.value) field.closest('details')?.setAttribute('open', '')
          })
      }
    }
    same.form.dispatchEvent(new Event('change', { bubbles: true }))
  }
})

document.addEventListener('change', event => {
  const macro = event.target.closest('select[data-macro]')
  if (macro && macro.value) {
    const field = document.getElementById(macro.dataset.macro)
    field.value = field.value.trim() ? `${field.value.trimEnd()}\n\n${macro.value}` : macro.value
    macro.value = ''
    field.dispatchEvent(new Event('input', { bubbles: true }))
    field.focus()
  }
  const all = event.target.closest('[data-all]')
  if (all) {
    for (const box of all.form.querySelectorAll('input[name="report"]')) box.checked = all.checked
  }
  const submits = event.target.closest('[data-submits]')
  if (submits) submits.form.requestSubmit()
  const chooses = event.target.closest('[data-chooses]')
  if (chooses && !changed) window.location.search = new URLSearchParams({ [chooses.name]: chooses.value })
})

// The second half of a slow double click belongs to the page it began on, not to the button that
// stands there now.
document.addEventListener('click', event => {
  if (event.detail > 1 && event.target.closest('button[type="submit"]')) event.preventDefault()
})

// A second press while the first request is on its way sends nothing.
document.addEventListener('submit', event => {
  const form = event.target
  if (form.method !== 'post') return
  if (form.dataset.sent) event.preventDefault()
  else form.dataset.sent = 'yes'
})
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent
})

function tick () {
  for (const clock of document.querySelectorAll('[data-since]')) {
    const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(clock.dataset.since)) / 1000))
    const two = number => String(number).padStart(2, '0')
    clock.textContent = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  }
}
if (document.querySelector('[data-since]')) {
  tick()
  setInterval(tick, 1000)
}

// Whoever types a reply is warned before leaving it behind.
let changed = false
document.addEventListener('input', event => {
  if (event.target.matches('textarea')) changed = event.target.value.trim() !== ''
})
document.addEventListener('submit', () => { changed = false })
window.addEventListener('beforeunload', event => { if (changed) event.preventDefault() })

// A report that just arrived has its proposal within seconds: look again, but not for ever.
if (document.querySelector('button[value="propose"]')) {
  const looks = `looks${window.location.pathname}`
  const times = Number(sessionStorage.getItem(looks))
  sessionStorage.setItem(looks, times + 1)
  if (times < 5) setTimeout(() => window.location.reload(), 1500)
}

for (const button of document.querySelectorAll('[data-same-days]')) button.hidden = false

for (const refusal of document.querySelectorAll('[data-refusal]')) {
  refusal.closest('details')?.setAttribute('open', '')
  refusal.scrollIntoView({ block: 'center' })
}
