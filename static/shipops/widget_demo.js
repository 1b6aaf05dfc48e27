// What may go wrong in a shop, for the widget to notice.
document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-break]')) return
  console.error('Payment failed: token=s3cret for card 4111 1111 1111 1111')
  fetch('/widget-demo/pay/?session=abc', { method: 'POST' }).catch(() => {})
})
