"""Pages of the app: the own account, the organisation, the calendar, the audit, signing in."""
