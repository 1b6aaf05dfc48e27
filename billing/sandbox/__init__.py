"""A till to play with: an HTTP server on this machine that speaks Stripe's API for our flows.

The real client of ``billing.gateways.stripe`` talks to it by ``STRIPE_API_BASE``. It keeps its
objects in memory, refuses what Stripe would refuse, answers in the shape of the pinned version
(both read from the types of the installed library), delivers signed webhooks, moves its clock and
fails on demand. It knows nothing of the product; nobody but tests and ``make run`` starts it.

``running.start()`` starts one; ``world.World`` is what it knows, and how a test takes hold of it.
"""
