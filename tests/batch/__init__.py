"""Batches: jobs from files."""
