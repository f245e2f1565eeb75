"""webuiapi 0.9 and this package through the same calls: what crossed the wire, and what came back.

- `data/0.9.17/`: the recorded cases, one file a group, one case a line: the calls as data (see `cases`), and what the
  predecessor sent, returned, raised and printed.
- `stub`: the server that answers both, and keeps what it received.
- `pictures`: the input pictures, and how a picture is described.
- `run`: runs a case with a client; `record` does so with an installed predecessor and writes the data anew.
- `compare`: what may differ, and by which defect of the predecessor's it is meant.
"""
