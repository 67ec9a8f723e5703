"""Tries to sign in, counted so that nobody guesses passwords. Everything else about people stands in the base."""

from __future__ import annotations

from django.db import models


class SignInTry(models.Model):
    """A try that has not succeeded (yet). Neither the address typed nor the password is kept: only a keyed hash."""

    account = models.CharField(max_length=64)
    address = models.CharField(max_length=45)
    device_known = models.BooleanField(default=False)
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = (
            models.Index(fields=("account", "at"), name="try_account"),
            models.Index(fields=("address", "at"), name="try_address"),
        )
