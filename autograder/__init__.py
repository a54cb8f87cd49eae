"""Checks submissions against the reference solutions, and names the mistakes."""
