"""What Stripe does by itself: invoices, payments, periods, and what falls due."""
