// What the engineer would ask first: how large the screen and the window are, and in which language.
for (const field of document.querySelectorAll('input[name="device"]')) {
  const { screen, innerWidth, innerHeight, devicePixelRatio, navigator } = window
  field.value = `screen ${screen.width}x${screen.height} @${devicePixelRatio}, window ${innerWidth}x${innerHeight}, ${navigator.language}`
}
