"""Announces an instance, keeps it known, and withdraws it."""
