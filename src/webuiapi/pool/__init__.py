"""Several servers as one: `Pool` and `AsyncPool`.

`dispatch` decides which server takes which job, and what becomes of jobs whose server failed; `plain` and `awaitable`
drive it with threads and tasks; `jobs` has the handles; `split` makes several requests of a batch, and one result of
theirs.
"""

from __future__ import annotations

from .awaitable import AsyncPool
from .base import PoolServer
from .plain import Pool

__all__ = ["AsyncPool", "Pool", "PoolServer"]
