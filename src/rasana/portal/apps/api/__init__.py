"""The machine's door: REST, tokens, webhooks, lists as CSV and Excel."""
