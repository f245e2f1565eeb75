"""Looking after a server: refreshing its lists, loading and unloading, making embeddings, stopping it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar

from ..items import Item, text
from ..request import LOCAL, Answer, Request
from .base import Order, read_item


class RefreshCheckpoints(Order):
    """Look for new checkpoints on the server's disk: POST /sdapi/v1/refresh-checkpoints. Waits for the queue."""

    path, slow = "/sdapi/v1/refresh-checkpoints", True


class RefreshEmbeddings(Order):
    """Look for new embeddings: POST /sdapi/v1/refresh-embeddings. Waits for the queue."""

    path, slow = "/sdapi/v1/refresh-embeddings", True


class RefreshVae(Order):
    """Look for new VAEs: POST /sdapi/v1/refresh-vae. Waits for the queue."""

    path, slow = "/sdapi/v1/refresh-vae", True


class RefreshLoras(Order):
    """Look for new LoRAs: POST /sdapi/v1/refresh-loras."""

    path = "/sdapi/v1/refresh-loras"


class UnloadCheckpoint(Order):
    """Free the memory of the checkpoint; the next generation loads it again: POST /sdapi/v1/unload-checkpoint.

    Does not wait for the queue: dangerous during a job.
    """

    path, slow = "/sdapi/v1/unload-checkpoint", True


class ReloadCheckpoint(Order):
    """Load the checkpoint again: POST /sdapi/v1/reload-checkpoint. Does not wait for the queue."""

    path, slow = "/sdapi/v1/reload-checkpoint", True


@dataclass(frozen=True, eq=False)
class StopOrder(Request[str]):
    """An order after which the server may be gone. Gives the text of its answer; "" when it broke the connection."""

    may_break: ClassVar[bool] = True

    def payload(self) -> None:
        return None

    def parse(self, answer: Answer) -> str:
        return bytes(answer.body).decode("utf-8", "replace")


class ServerKill(StopOrder):
    """End the server's process at once: POST /sdapi/v1/server-kill. Only with --api-server-stop."""

    path = "/sdapi/v1/server-kill"


class ServerRestart(StopOrder):
    """Restart the server: POST /sdapi/v1/server-restart. With --api-server-stop; `NotFound` (501) where it can not."""

    path = "/sdapi/v1/server-restart"


class ServerStop(StopOrder):
    """End the server after the running job: POST /sdapi/v1/server-stop. Only with --api-server-stop."""

    path = "/sdapi/v1/server-stop"


class TrainingResult(Item):
    """What create_* and train_* give."""

    info = text()
    """What was done; for training also what went wrong, since the webui answers 200 all the same."""


@dataclass(frozen=True, eq=False)
class TrainingCall(Request[TrainingResult]):
    """A call whose parameters are the arguments of a function inside the webui."""

    generation: ClassVar[bool] = True

    def parse(self, answer: Answer) -> TrainingResult:
        found = read_item(answer, TrainingResult)
        if re.search(r"\berror: (?!None\b)\S", found.info):
            raise answer.error(f": {found.info}")
        return found


@dataclass(frozen=True, eq=False)
class CreateEmbedding(TrainingCall):
    """Make an empty embedding to be trained: POST /sdapi/v1/create/embedding."""

    path: ClassVar[str] = "/sdapi/v1/create/embedding"

    name: str
    """Its name."""
    num_vectors_per_token: int | None = None
    """Tokens it takes up in a prompt, from 1 (default)."""
    overwrite_old: bool | None = None
    """Replace one of the same name. Default false."""
    init_text: str | None = None
    """Words that it starts from. Default "*"."""
    _: KW_ONLY
    extra: Mapping[str, Any] | None = field(default=None, metadata=LOCAL)
    """Arguments that are not listed here."""


@dataclass(frozen=True, eq=False)
class CreateHypernetwork(TrainingCall):
    """Make an empty hypernetwork to be trained: POST /sdapi/v1/create/hypernetwork."""

    path: ClassVar[str] = "/sdapi/v1/create/hypernetwork"

    name: str
    """Its name."""
    enable_sizes: list[int] | None = None
    """Sizes of the layers it works on: 768, 1024, 320, 640, 1280."""
    overwrite_old: bool | None = None
    """Replace one of the same name."""
    layer_structure: list[float] | None = None
    """Relative widths, as in [1, 2, 1]."""
    activation_func: str | None = None
    """`linear`, `relu`, `leakyrelu`, `elu`, `swish`, `tanh` or `sigmoid`."""
    weight_init: str | None = None
    """`Normal`, `KaimingUniform`, `KaimingNormal`, `XavierUniform` or `XavierNormal`."""
    add_layer_norm: bool | None = None
    """Normalise between layers."""
    use_dropout: bool | None = None
    """Leave out some values while training."""
    dropout_structure: list[float] | None = None
    """How much is left out in each layer, as in [0, 0.3, 0]."""
    _: KW_ONLY
    extra: Mapping[str, Any] | None = field(default=None, metadata=LOCAL)
    """Arguments that are not listed here."""


@dataclass(frozen=True, eq=False)
class TrainEmbedding(TrainingCall):
    """Train an embedding: POST /sdapi/v1/train/embedding. `extra` holds the arguments of the webui's function."""

    path: ClassVar[str] = "/sdapi/v1/train/embedding"

    _: KW_ONLY
    extra: Mapping[str, Any] | None = field(default=None, metadata=LOCAL)
    """Arguments by name: `embedding_name`, `learn_rate`, `batch_size`, `data_root`, `log_directory`, `steps`, ..."""


@dataclass(frozen=True, eq=False)
class TrainHypernetwork(TrainingCall):
    """Train a hypernetwork: POST /sdapi/v1/train/hypernetwork. `extra` holds the arguments of the webui's function."""

    path: ClassVar[str] = "/sdapi/v1/train/hypernetwork"

    _: KW_ONLY
    extra: Mapping[str, Any] | None = field(default=None, metadata=LOCAL)
    """Arguments by name: `hypernetwork_name`, `learn_rate`, `batch_size`, `data_root`, `log_directory`, `steps`, ..."""
