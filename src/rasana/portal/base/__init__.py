"""What every app stands on: records, the audit chain, who may do what, time, calendars, Persian."""
