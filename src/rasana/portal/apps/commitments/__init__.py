"""Commitments: debtor, creditor, due date, evidence; extensions, escalation, dossier."""
