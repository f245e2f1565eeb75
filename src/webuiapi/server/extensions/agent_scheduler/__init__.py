"""Agent Scheduler: a queue of generations that outlives the request. Tasks wait, run one after the other, and keep
their pictures until the history is cleared.

Almost every answer is a 200 that says in `success` whether it worked.
"""

from __future__ import annotations

from . import orders, tasks
from .desk import agent_scheduler

__all__ = ["agent_scheduler", "orders", "tasks"]
