// Says in words why a passkey was not used; allauth only logs it.
document.addEventListener('allauth.error', event => {
  const place = document.querySelector('[data-passkey-error]')
  if (!place) return
  event.preventDefault()
  const reasons = {
    NotAllowedError: 'No passkey was used: it was cancelled, or this device has none for this site.',
    InvalidStateError: 'This device already has a passkey for your account.',
    SecurityError: 'Passkeys work only over a secure connection to this address.'
  }
  place.textContent = reasons[event.detail.exception?.name] || 'That did not work. Try again, or use another way.'
  place.hidden = false
})
