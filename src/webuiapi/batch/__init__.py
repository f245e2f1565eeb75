"""Many jobs on several servers, from a file to a folder of pictures: nothing lost, nothing made twice.

    summary = webuiapi.batch.run("jobs.jsonl", out="out", servers=["http://gpu0:7860", "http://gpu1:7860"])

The modules:

    jobs, read, sweeps, templates         what is to be done: each job of a file, checked
    journal, records, lock                what is done
    naming, files                         the pictures, safely on the disk
    runner, work, outcomes, stopping      doing it
    progress, view, tables                telling of it
    gallery, parameters, shell            the pictures in a browser, without a server
"""

from __future__ import annotations

from .errors import BadJobs, BatchError, FolderInUse
from .jobs import Bad, Job
from .read import job_file, read_jobs, validate
from .records import Failure
from .runner import Summary, run

__all__ = [
    "Bad",
    "BadJobs",
    "BatchError",
    "Failure",
    "FolderInUse",
    "Job",
    "Summary",
    "job_file",
    "read_jobs",
    "run",
    "validate",
]
