"""Meetings: agenda, attendance, minutes, countersignature, the seal."""
