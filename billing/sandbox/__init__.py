"""A till to play with: an HTTP server on this machine that speaks Stripe's API for our flows.

The real client of ``billing.gateways.stripe`` talks to it by ``STRIPE_API_BASE``. It keeps its
objects in memory, refuses what Stripe would refuse, answers in the shape of the pinned version
(both read from the types of the installed library), delivers signed webhooks, moves its clock and
fails on demand. It knows nothing of the product, and nobody starts it without DEBUG.

``manage.py stripe_sandbox`` runs one; ``http_server.Server(World())`` is one inside a test, and
``world.World`` what it knows. ``books`` is what Stripe does by itself, ``resources`` what it is
asked to, ``pages`` what it shows to people, and ``control`` what only a sandbox can.
"""
