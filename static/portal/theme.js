// Runs before the first paint, so that a chosen theme never flashes.
(function () {
  const root = document.documentElement
  root.classList.add('js')
  const dark = window.matchMedia('(prefers-color-scheme: dark)')

  function chosen () {
    try {
      return window.localStorage.getItem('shipops:theme')
    } catch (error) {
      return null
    }
  }

  function show () {
    const choice = chosen()
    if (choice === 'light' || choice === 'dark') {
      root.dataset.theme = choice
    } else {
      delete root.dataset.theme
    }
    root.dataset.shownTheme = root.dataset.theme || (dark.matches ? 'dark' : 'light')
    document.dispatchEvent(new CustomEvent('shipops:theme'))
  }

  show()
  dark.addEventListener('change', show)
  window.addEventListener('storage', show)
  window.shipopsTheme = {
    choice: () => chosen() || 'system',
    choose (choice) {
      try {
        if (choice === 'system') {
          window.localStorage.removeItem('shipops:theme')
        } else {
          window.localStorage.setItem('shipops:theme', choice)
        }
      } catch (error) {
        root.dataset.theme = choice
      }
      show()
    }
  }
})()
