"""Many jobs from a file, run so that nothing is lost and nothing made twice.

`read` gives the jobs of a file, one at a time, with `sweeps` and `templates` worked out and each checked (`jobs`).
"""

from __future__ import annotations
