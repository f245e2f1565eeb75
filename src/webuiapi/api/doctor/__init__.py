"""What answers at an address, what works there, and what to do about what does not: `api.doctor()`.

findings     what is found, and what the whole comes to
looking      one exchange looked at: its answer or why there is none, and how long it took
here         this side: versions, extras, the environment, proxies on the way out
unreached    why nothing answers
reaching     whether it is the API that answers, and whether it lets us in
between      what lies in between: other people's proxies, redirects, compression, how fast it is
installed    which server it is, its checkpoints, lists, memory and flags
working      what works there: progress, tasks, previews, scripts, the queue extension
painting     one small picture
examination  all of it in order
"""

from __future__ import annotations

from .examination import doctor
from .findings import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "doctor"]
