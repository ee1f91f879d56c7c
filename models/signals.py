"""What words say about a moment: errors, questions, topics. Pure; shared by rule gate, opening and grounding."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# English first, then what the same programs say in German, French and Spanish.
_ERROR = re.compile(
    r"traceback|exception|\berrors?\b|errno|[a-z]error\b|\bfail(?:ed|s|ure|ing)?\b|\bfatal\b|denied|not found|"
    r"no such file|"
    r"\bcannot\b|\bcan't\b|undefined|segmentation fault|core dumped|\bpanic\b|refused|timed out|\brejected\b|"
    r"already in use|unresolved|\bmissing\b|\be\d{3,5}\b|\bcrash(?:ed|es)?\b|#n/a|"
    r"\bfehler|verweigert|fehlgeschlagen|\berreur|échoué|\berror(?:es)?\b|no encontrado",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\?|^(?:how|why|what|which|where|when|who|can|should|is|are|does|do)\b|\bhow (?:to|do|can|much|many|long)\b|"
    r"\b(?:vs\.?|versus|difference between|best|example|tutorial|alternative to)\b|\bnot working\b|"
    r"^(?:wie|warum|was|welche[rs]?|wo|wann|comment|pourquoi|quel(?:le)?|cómo|por qué|qué)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*", re.UNICODE)
_QUOTED = re.compile(r"'(.+?)'(?=[\s.,;:)]|$)")

# Words that name no topic: grammar, the narrator's own, what every task says.
STOP_WORDS = frozenset(
    """
    the and for with from into onto that this these those are was were has have had its his her their your our you not
    but out off over under about after before between then than when while where which what why how who whom whose can
    could should would may might will shall does did doing done been being there here all any some each more most other
    such only own same too very just also via per user users assistant offered accepted rejected show shows shown how
    explain compare draft find suggest write check create make made help give provide offer use uses used using get
    gets new one two way ways list page pages tab tabs window file files type types typed typing click clicks clicked
    clicking scroll scrolls scrolled scrolling switch switches switched title changes changed search searches searched
    searching open opens opened opening google firefox chrome chromium browser web website results result text app
    visual studio code terminal editor error errors fix fixing der die das und oder mit von den dem ein eine ist
    les des une est por para con los las una
    """.split()  # noqa: SIM905 - a list of 200 quoted words is no easier to read
)


def is_error(text: str) -> bool:
    """The text speaks of something that went wrong."""
    return _ERROR.search(text) is not None


def is_question(text: str) -> bool:
    """The text asks for knowledge: a question word, a how-to, a comparison."""
    return _QUESTION.search(text.strip()) is not None


def quoted(sentence: str) -> list[str]:
    """What a sentence quotes: titles, typed text, searches."""
    return _QUOTED.findall(sentence)


@lru_cache(maxsize=2_048)  # a context's sentences come again at every event
def topic_words(text: str) -> frozenset[str]:
    """The words that name a topic: lower case, no accents or endings; pairs of characters where there are no blanks."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    folded = "".join(char for char in folded if not unicodedata.combining(char))
    return frozenset(stem for word in _WORD.findall(folded) for stem in _stems(word) if stem not in STOP_WORDS)


def named_words(text: str) -> list[str]:
    """The words that name a topic, as they are written."""
    return [word for word in _WORD.findall(text) if topic_words(word)]


def _stems(word: str) -> Iterable[str]:
    if not word.isascii() and any(ord(char) >= _NO_BLANKS for char in word):
        return [word[index : index + 2] for index in range(len(word) - 1)] or [word]
    if len(word) <= 2 or word in STOP_WORDS:  # noqa: PLR2004 - shorter words name nothing
        return ()
    for ending in ("ing", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) > 3:  # noqa: PLR2004 - 'sing' is no ending
            return (word.removesuffix(ending),)
    return (word,)


# From Hiragana on, scripts are written without blanks between words (U+3040).
_NO_BLANKS = 0x3040


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard overlap, 0 … 1."""
    return len(one & other) / len(one | other) if one and other else 0.0
