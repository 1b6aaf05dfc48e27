// Keys of a page with a search: "/" goes to the box, arrows or j and k through the results.

function hits () {
  return [...document.querySelectorAll('[data-hit]')]
}

function isTyping (target) {
  return target.isContentEditable || target.closest('input, textarea, select') !== null
}

function step (by) {
  const all = hits()
  const here = all.indexOf(document.activeElement)
  const wanted = here < 0 ? (by > 0 ? 0 : -1) : here + by
  if (wanted < 0) document.querySelector('[data-search]').focus()
  else all[wanted]?.focus()
}

document.addEventListener('keydown', event => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
  if (document.querySelector('dialog[open]')) return
  const box = document.querySelector('[data-search]')
  if (event.target === box) {
    if (event.key === 'ArrowDown' && hits().length) {
      event.preventDefault()
      step(1)
    }
    return
  }
  if (isTyping(event.target)) return
  if (event.key === '/' && !box.dataset.key) {
    event.preventDefault()
    box.focus()
    box.select()
  }
  const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key]
  // Arrows scroll the page until a result is chosen.
  if (!by || (event.key.startsWith('Arrow') && !event.target.closest('[data-hit]'))) return
  event.preventDefault()
  step(by)
})
