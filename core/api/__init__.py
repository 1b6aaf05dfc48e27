"""What every endpoint of the API leans on: problems, JSON, pages, idempotency."""
