"""Organisations, people, roles, delegation, sign-in, holidays."""
