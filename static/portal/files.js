// Paste, drop or choose files into one <input type="file" multiple>, with previews and removal.
// Previews are drawn on a canvas, so that the page needs no blob: or data: in its security policy.
const PREVIEW_WIDTH = 128
const PREVIEW_HEIGHT = 96

function sizeOf (bytes) {
  if (bytes < 1024) return `${bytes} bytes`
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

async function drawPreview (file, canvas) {
  const picture = await window.createImageBitmap(file)
  const scale = Math.min(PREVIEW_WIDTH / picture.width, PREVIEW_HEIGHT / picture.height, 1)
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
}

function named (file, number) {
  // A pasted picture is always called image.png: give it a name that can be told apart.
  if (file.name && file.name !== 'image.png') return file
  const ending = (file.type.split('/')[1] || 'png').replace('jpeg', 'jpg')
  return new File([file], `screenshot-${number}.${ending}`, { type: file.type })
}

function takeFiles (zone) {
  const input = zone.querySelector('input[type="file"]')
  const list = zone.querySelector('[data-files-list]')
  const said = zone.querySelector('[data-files-status]')
  const template = zone.querySelector('template')
  const maxFiles = Number(zone.dataset.maxFiles)
  const maxBytes = Number(zone.dataset.maxBytes)
  // Where one form takes files, a paste anywhere on the page is meant for it.
  const alone = document.querySelectorAll('[data-files]').length === 1
  const scope = alone ? document : zone.closest('form')
  // What was chosen while the page was still loading stays chosen.
  let files = [...input.files].slice(0, maxFiles)
  let pasted = 0

  function commit () {
    const carrier = new DataTransfer()
    for (const file of files) carrier.items.add(file)
    input.files = carrier.files
    list.replaceChildren(...files.map(row))
    list.hidden = files.length === 0
  }

  function row (file, index) {
    const item = template.content.firstElementChild.cloneNode(true)
    const canvas = item.querySelector('canvas')
    const fallback = item.querySelector('.thumb-file')
    item.querySelector('.thumb-name').textContent = `${file.name} (${sizeOf(file.size)})`
    const remove = item.querySelector('button')
    remove.setAttribute('aria-label', `Remove ${file.name}`)
    remove.addEventListener('click', () => {
      files.splice(index, 1)
      commit()
      said.textContent = `${file.name} removed.`
      const next = list.querySelectorAll('button')[Math.min(index, files.length - 1)]
      if (next) next.focus()
      else input.focus()
    })
    if (file.type.startsWith('image/')) {
      drawPreview(file, canvas).catch(() => {
        canvas.hidden = true
        fallback.hidden = false
      })
    } else {
      canvas.hidden = true
      fallback.hidden = false
    }
    return item
  }

  function add (more) {
    const refused = []
    const added = []
    for (const file of more) {
      if (files.some(known => known.name === file.name && known.size === file.size)) continue
      if (file.size > maxBytes) refused.push(`${file.name} is larger than ${sizeOf(maxBytes)}.`)
      else if (file.size === 0) refused.push(`${file.name} is empty.`)
      else if (files.length >= maxFiles) refused.push(`${file.name} left out: at most ${maxFiles} files.`)
      else {
        files.push(file)
        added.push(file.name)
      }
    }
    commit()
    const news = added.length ? `Added ${added.join(', ')}.` : ''
    said.textContent = [news, ...refused].filter(Boolean).join(' ')
    said.classList.toggle('errorlist', refused.length > 0)
  }

  input.addEventListener('change', () => add([...input.files]))
  scope.addEventListener('paste', event => {
    const found = [...(event.clipboardData?.files || [])]
    if (!found.length) return
    event.preventDefault()
    add(found.map(file => named(file, ++pasted)))
  })
  for (const kind of ['dragenter', 'dragover']) {
    zone.addEventListener(kind, event => {
      if (![...event.dataTransfer.types].includes('Files')) return
      event.preventDefault()
      zone.dataset.over = 'true'
    })
  }
  zone.addEventListener('dragleave', event => {
    if (!zone.contains(event.relatedTarget)) delete zone.dataset.over
  })
  zone.addEventListener('drop', event => {
    event.preventDefault()
    delete zone.dataset.over
    add([...event.dataTransfer.files])
  })
  commit()
}

for (const zone of document.querySelectorAll('[data-files]')) takeFiles(zone)
