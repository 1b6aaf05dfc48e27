"""The pages that Stripe hosts, as small as they can be."""
