"""AUTOMATIC1111's stable-diffusion-webui 1.10.1: the table that all the others differ from."""

from __future__ import annotations

from .table import Flavour

TABLE = Flavour(name="a1111", title="AUTOMATIC1111 1.10.1")
