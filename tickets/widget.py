"""The widget: one script, put together from the parts in static/widget/."""

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

# In this order: each part may use what stands before it.
_PARTS = ("head", "mask", "capture", "send", "picture", "dialog", "start")
_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
_BLANK = re.compile(r"\n\s*")


@dataclass(frozen=True)
class Script:
    """The script as it is sent."""

    plain: bytes
    packed: bytes
    etag: str


def widget_script() -> Script:
    """Give the script; while developing, as its parts are at this moment."""
    return _read() if settings.DEBUG else _kept()


@cache
def texts_in(language: str) -> dict[str, str]:
    """Give the widget's texts in a language ("de-AT"); none where they stand in the script."""
    name = language[:20].partition("-")[0].lower()
    return {} if name == "en" or name not in languages() else _texts(name)


@cache
def languages() -> tuple[str, ...]:
    """List the languages the widget speaks."""
    return tuple(sorted(path.stem for path in (_folder() / "texts").glob("*.json")))


@cache
def _kept() -> Script:
    return _read()


def _read() -> Script:
    """Put the parts into one function, less comments and blank space at the beginning of lines.

    Beside the English texts it has each language's word for the button, which shows at once; the
    others come when the dialog opens.
    """
    style = _BLANK.sub("", (_folder() / "widget.css").read_text(encoding="utf-8"))
    buttons = {name: _texts(name)["button"] for name in languages() if name != "en"}
    given = {"STYLE": style, "ENGLISH": _texts("en"), "BUTTONS": buttons}
    named = [
        f"const {name}={json.dumps(value, ensure_ascii=False, separators=(',', ':'))};"
        for name, value in given.items()
    ]
    parts = [(_folder() / f"{name}.js").read_text(encoding="utf-8") for name in _PARTS]
    code = _BLANK.sub("\n", _COMMENT.sub("", "\n".join([*named, *parts])))
    plain = f'(()=>{{"use strict";\n{code}\n}})();\n'.encode()
    etag = f'"{hashlib.sha256(plain).hexdigest()[:32]}"'
    return Script(plain, gzip.compress(plain, mtime=0), etag)


def _texts(name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        (_folder() / "texts" / f"{name}.json").read_text(encoding="utf-8")
    )
    return found


def _folder() -> Path:
    return Path(settings.BASE_DIR) / "static" / "widget"
