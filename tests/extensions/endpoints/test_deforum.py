"""Deforum's batches and jobs, and its simple API."""

from __future__ import annotations

import pytest

import webuiapi
from support.callers import Caller

from ..bench import Bench, Bound

# -- Deforum ----------------------------------------------------------------------------------------------------------

JOB = {"id": "batch(1)-0", "status": "ACCEPTED", "phase": "GENERATING", "phase_progress": 0.5, "message": None}


def test_deforums_batches_and_jobs(bench: Bench, client: Caller) -> None:
    done = {**JOB, "status": "SUCCEEDED", "phase": "DONE", "outdir": "/out", "timestring": "2024"}
    bench.answers |= {
        "/deforum_api/batches": {"message": "Job(s) accepted", "batch_id": "batch(1)", "job_ids": ["batch(1)-0"]},
        "/deforum_api/batches/batch%281%29": [JOB],
        "/deforum_api/jobs": {"batch(1)-0": JOB},
        "/deforum_api/jobs/batch%281%29-0": done,
    }
    deforum = Bound(client, webuiapi.DeforumInterface)
    batch = deforum.submit({"W": 64, "prompts": {"0": "a cat"}}, {"sd_vae": "None"})
    assert bench.last == {
        "deforum_settings": {"W": 64, "prompts": {"0": "a cat"}},
        "options_overrides": {"sd_vae": "None"},
    }
    assert (batch.batch_id, batch.job_ids) == ("batch(1)", ["batch(1)-0"])
    (job,) = deforum.batch(batch.batch_id)
    assert (job.phase, job.phase_progress, job.finished, job.message) == ("GENERATING", 0.5, False, None)
    assert deforum.jobs()["batch(1)-0"].phase == "GENERATING"
    finished = deforum.wait(batch.job_ids[0])
    assert (finished.finished, finished.outdir) == (True, "/out")
    assert deforum.job("batch(1)-0").status == "SUCCEEDED"
    bench.answers |= {
        "/deforum_api/batches": {"batch(1)": ["batch(1)-0"]},
        "/deforum_api/batches/batch%281%29": {"ids": ["batch(1)-0"], "message:": "1 job(s) cancelled."},
        "/deforum_api/jobs/batch%281%29-0": {"id": "batch(1)-0", "message": "Job cancelled."},
    }
    assert deforum.batches() == {"batch(1)": ["batch(1)-0"]}
    assert bench.sent[-1][1] == "/deforum_api/batches?id="
    cancelled = deforum.cancel_batch("batch(1)")
    assert (cancelled.ids, cancelled.message) == (["batch(1)-0"], "1 job(s) cancelled.")
    assert deforum.cancel_job("batch(1)-0").message == "Job cancelled."
    assert [method for method, _, _ in bench.sent][-2:] == ["DELETE", "DELETE"]


def test_waiting_for_deforum(bench: Bench, client: Caller) -> None:
    states = iter([JOB, {**JOB, "status": "FAILED", "error_type": "TERMINAL", "message": "no model"}])
    bench.answers["/deforum_api/jobs/x"] = lambda _: next(states)
    deforum = Bound(client, webuiapi.DeforumInterface)
    job = deforum.wait("x", check_interval=0.001)
    assert (job.status, job.message) == ("FAILED", "no model")
    bench.answers["/deforum_api/jobs/x"] = JOB
    with pytest.raises(webuiapi.CallTimeout, match=r"x is not finished after 0.01 s: GENERATING 50%"):
        deforum.wait("x", check_interval=1, timeout=0.01)
    with pytest.raises(webuiapi.NotFound):
        deforum.wait("y")


def test_deforums_simple_api(bench: Bench, client: Caller) -> None:
    bench.answers |= {
        "/deforum/version": {"version": "v1"},
        "/deforum/api_version": {"version": "1.0"},
        "/deforum/run": {"outdir": "/out"},
    }
    deforum = Bound(client, webuiapi.DeforumInterface)
    assert (deforum.version(), deforum.api_version()) == ("v1", "1.0")
    assert deforum.run_simple({"W": 64, "seed": 1}) == "/out"
    method, target, body = bench.sent[-1]
    assert (method, body) == ("POST", None)
    query = "settings_json=" + "%7B%22W%22%3A%2064%2C%20%22seed%22%3A%201%7D"
    assert target.replace("+", "%20") == f"/deforum/run?{query}&allowed_params=W%3Bseed"
    deforum.run_simple({"W": 64, "seed": 1}, ["W"])
    assert bench.sent[-1][1].endswith("&allowed_params=W")
