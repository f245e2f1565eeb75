import gc,tracemalloc,json
from contract.compare import CATALOG
from webuiapi.server.app import App
from webuiapi.server.http import Request
from webuiapi.server.limits import Limits
from hypothesis import given, settings, strategies as st
L=Limits(megapixels=0.01, input_megapixels=0.01, pictures=4, body=1 << 20, requests=20, request_bytes=1 << 20)
def work(app):
    def send(b): return app.handle(Request("POST","/sdapi/v1/png-info","",{"content-type":"application/json"},b))
    b=b"["*60000
    for _ in range(20): send(b)
    gc.collect(); s1=tracemalloc.take_snapshot(); t=tracemalloc.get_traced_memory()[0]
    for _ in range(200): send(b)
    gc.collect(); print("GROWN", tracemalloc.get_traced_memory()[0]-t)
    s2=tracemalloc.take_snapshot()
    for st in s2.compare_to(s1,"traceback")[:2]:
        print(st); print("\n".join(st.traceback.format()))
def test_a():
    tracemalloc.start(12)
    app=App(CATALOG,seed=1,limits=L)
    work(app)
    tracemalloc.stop()
@settings(max_examples=2,deadline=None)
@given(st.integers())
def test_b(x):
    tracemalloc.start(12)
    app=App(CATALOG,seed=1,limits=L)
    work(app)
    tracemalloc.stop()
