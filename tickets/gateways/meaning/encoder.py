"""all-MiniLM-L6-v2 with numpy alone: a BERT of six layers, its output averaged and normalised.

After Vaswani et al., "Attention Is All You Need" (2017), in BERT's layout: normalisation behind
each layer, GELU between. Gives what sentence-transformers gives.
"""

import json
import os
from pathlib import Path
from typing import Any, Final

# Before numpy is loaded: a worker takes one core, as for anything else.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np  # noqa: E402

from tickets.gateways.meaning.wordpiece import WordPiece  # noqa: E402

HEADS: Final = 12
LAYERS: Final = 6
# Tokens read of a text: what comes later changes the meaning little and costs as much.
MOST_TOKENS: Final = 128

Array = Any  # numpy's own types need numpy


class Encoder:
    """The model, its weights read from the file as they are needed."""

    def __init__(self, folder: Path) -> None:
        self._weights = _read_tensors(folder / "model.safetensors")
        vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
        self._tokens = WordPiece(vocabulary)

    def encode(self, text: str) -> list[float]:
        """Give the unit vector of a text."""
        state = self._embed(self._tokens.encode(text, MOST_TOKENS))
        for layer in range(LAYERS):
            state = self._layer(state, f"encoder.layer.{layer}.")
        mean = state.mean(0)
        return [float(value) for value in mean / np.linalg.norm(mean)]

    def _embed(self, ids: list[int]) -> Array:
        words = self._weights["embeddings.word_embeddings.weight"][ids]
        places = self._weights["embeddings.position_embeddings.weight"][: len(ids)]
        kind = self._weights["embeddings.token_type_embeddings.weight"][0]
        return self._normalised(words + places + kind, "embeddings.LayerNorm")

    def _layer(self, state: Array, name: str) -> Array:
        attended = self._linear(self._attention(state, name), f"{name}attention.output.dense")
        state = self._normalised(state + attended, f"{name}attention.output.LayerNorm")
        inner = self._linear(state, f"{name}intermediate.dense")
        inner = inner * 0.5 * (1 + _erf(inner * np.float32(2**-0.5)))
        outer = self._linear(inner, f"{name}output.dense")
        return self._normalised(state + outer, f"{name}output.LayerNorm")

    def _attention(self, state: Array, name: str) -> Array:
        count = len(state)
        query, key, value = (
            self._linear(state, f"{name}attention.self.{part}")
            .reshape(count, HEADS, -1)
            .swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        heed = query @ key.swapaxes(1, 2) / np.float32(np.sqrt(query.shape[-1]))
        heed = np.exp(heed - heed.max(-1, keepdims=True))
        heed /= heed.sum(-1, keepdims=True)
        return (heed @ value).swapaxes(0, 1).reshape(count, -1)

    def _linear(self, state: Array, name: str) -> Array:
        return state @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _normalised(self, state: Array, name: str) -> Array:
        state = state - state.mean(-1, keepdims=True)
        state = state / np.sqrt((state * state).mean(-1, keepdims=True) + 1e-12)
        return state * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def _erf(x: Array) -> Array:
    """Give the error function (Abramowitz & Stegun 7.1.26), off by less than 1.5e-7."""
    t = 1 / (1 + np.float32(0.3275911) * np.abs(x))
    sum_ = np.float32(0)
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        sum_ = sum_ * t + np.float32(factor)
    return np.sign(x) * (1 - sum_ * t * np.exp(-x * x))


def _read_tensors(path: Path) -> dict[str, Array]:
    """Map a safetensors file: eight bytes of length, a JSON header, then the numbers."""
    raw = np.memmap(path, mode="r", dtype=np.uint8)
    size = int.from_bytes(raw[:8].tobytes(), "little")
    header = json.loads(raw[8 : 8 + size].tobytes())
    tensors = {}
    for name, told in header.items():
        if told.get("dtype") == "F32":
            first, last = (8 + size + offset for offset in told["data_offsets"])
            tensors[name] = raw[first:last].view(np.float32).reshape(told["shape"])
    return tensors
