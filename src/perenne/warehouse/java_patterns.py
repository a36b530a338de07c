"""Regular expressions as DuckDB reads them (RE2), written for Java, which reads some otherwise."""

from __future__ import annotations

import re
from functools import cache

_FLAGS = "(?ud)"
"""Letters with accents have two cases too; a line ends at its feed alone."""
_POSIX = {"word": r"\w", "alpha": r"\p{Alpha}", "digit": r"\d", "alnum": r"\p{Alnum}"}
_POSIX |= {name: f"\\p{{{name.capitalize()}}}" for name in ("lower", "upper", "punct", "blank")}
_POSIX |= {"cntrl": r"\p{Cntrl}", "graph": r"\p{Graph}", "print": r"\p{Print}"}
_POSIX |= {"space": r"\s", "xdigit": r"\p{XDigit}", "ascii": r"\p{ASCII}"}

_TOKEN = re.compile(
    r"\\Q.*?(?:\\E|$)|\\p\{\^?\w+\}|\\.|\(\?P<|\(\?[a-zA-Z-]*m[a-zA-Z-]*[:)]|\[:\^?\w+:\]|\[\^?\]?|.",
    re.DOTALL,
)


@cache
def java_pattern(pattern: str) -> str:
    """`pattern` for Java: `$` is the very end, `\\s` knows no vertical tab, `[[:alpha:]]` is a
    class of letters, a bracket within brackets is itself, a group is named without a P."""
    said, inside, lines = [_FLAGS], False, False
    for token in _TOKEN.findall(pattern):
        if token[0] == "\\":
            said.append(_escape(token, inside))
        elif inside:
            said.append(_within(token))
            inside = token != "]"
        elif token[0] == "[" and not token.endswith(":]"):
            inside = True
            said.append(token.replace("]", r"\]"))
        elif token == "(?P<":
            said.append("(?<")
        else:
            lines = lines or token.startswith("(?")
            said.append(r"\z" if token == "$" and not lines else token)
    return "".join(said)


def _escape(token: str, inside: bool) -> str:
    spaces = {r"\s": r"\t\n\f\r ", r"\S": r"\S\x0B"}.get(token)
    if spaces is None:
        return token
    if inside:
        return spaces
    return f"[{spaces}]"


def _within(token: str) -> str:
    """A part of a class in brackets. Java gives `[` and `&&` there a meaning of their own."""
    if posix := re.fullmatch(r"\[:(\^?)(\w+):\]", token):
        known = _POSIX.get(posix[2], token)
        return f"[^{known}]" if posix[1] else known
    return token.replace("[", r"\[").replace("&", r"\&")
