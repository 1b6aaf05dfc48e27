"""BERT's uncased WordPiece tokenizer (Devlin et al., NAACL 2019; Wu et al. 2016, section 4.1)."""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

_LONGEST: Final = 100


class WordPiece:
    """Cuts a text into the pieces that a model knows."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._ids = {piece: number for number, piece in enumerate(vocabulary)}

    def encode(self, text: str, limit: int) -> list[int]:
        """Give the numbers of the pieces, with those of begin and end, ``limit`` at most."""
        ids = [self._ids["[CLS]"]]
        for word in _words(text):
            ids.extend(self._pieces(word))
            if len(ids) >= limit:
                break
        return [*ids[: limit - 1], self._ids["[SEP]"]]

    def _pieces(self, word: str) -> list[int]:
        """Cut the longest known piece off the front again and again."""
        unknown = [self._ids["[UNK]"]]
        if len(word) > _LONGEST:
            return unknown
        pieces, start = [], 0
        while start < len(word):
            mark = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if mark + word[start:end] in self._ids), None)
            if end is None:
                return unknown
            pieces.append(self._ids[mark + word[start:end]])
            start = end
        return pieces


def _words(text: str) -> Iterator[str]:
    """Split at blanks and around punctuation; accents and control characters go."""
    word = ""
    for sign in unicodedata.normalize("NFD", text).lower():
        kind = unicodedata.category(sign)
        is_blank = sign.isspace()
        if kind == "Mn" or (kind[0] == "C" and not is_blank) or sign == "\ufffd":
            continue
        is_mark = kind[0] == "P" or (sign.isascii() and kind[0] == "S")
        stands_alone = is_mark or "\u3400" <= sign <= "\u9fff"
        if not (is_blank or stands_alone):
            word += sign
            continue
        if word:
            yield word
        word = ""
        if stands_alone:
            yield sign
    if word:
        yield word
