"""Faults on request: what each does, which requests they meet, and what waits because of one."""
