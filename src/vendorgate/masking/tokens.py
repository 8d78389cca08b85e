"""Tokens: what stands in the place of a masked value.

``[card:4242:7Q2KXXXXXXXXXXXX]`` is the kind, for cards the last four digits, and 80 bits of HMAC-SHA256 over kind and
normalised value. The same value always gives the same token under one key, so a record can be searched without
the value being stored; without the key a token says nothing, even about values that are easy to enumerate.
"""

import hmac
import re
from base64 import b32encode

_NOT_DIGIT = re.compile(r"[^0-9]+")
_NOT_ALNUM = re.compile(r"[^0-9A-Za-z]+")
_TOKEN = re.compile(r"\[(?:card|iban|email|phone|ssn|secret|field)(?::[0-9]{4})?:[A-Z2-7]{16}\]")
_SCHEME = re.compile(r"(?:bearer|basic|token)\s+", re.IGNORECASE)


def is_token(text: str) -> bool:
    """Whether ``text`` is exactly one token."""
    return len(text) <= 40 and _TOKEN.fullmatch(text) is not None


def normalise(kind: str, value: str) -> str:
    """Return the one spelling of ``value`` its token is made of."""
    if kind in ("card", "ssn"):
        return _NOT_DIGIT.sub("", value)
    if kind == "phone":
        return _NOT_DIGIT.sub("", value).removeprefix("00")
    if kind == "iban":
        return _NOT_ALNUM.sub("", value).upper()
    if kind == "email":
        return value.strip().lower()
    if kind == "secret":
        return _SCHEME.sub("", value.strip(), count=1) if len(value) < 8192 else value
    return value


class Tokeniser:
    """Makes tokens under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, kind: str, value: str) -> str:
        """Return the token of ``value`` (any spelling) as a value of ``kind``."""
        plain = normalise(kind, value)
        message = f"{kind}\x00{plain}".encode("utf-8", "surrogatepass")
        digest = b32encode(hmac.digest(self._key, message, "sha256")[:10]).decode()
        if kind == "card":
            return f"[card:{plain[-4:]}:{digest}]"
        return f"[{kind}:{digest}]"

    def candidates(self, value: str) -> list[str]:
        """Return every token ``value`` could have become, whatever found it."""
        text = value.strip()
        digits = _NOT_DIGIT.sub("", text)
        alnum = _NOT_ALNUM.sub("", text)
        spellings = [("field", value), ("secret", text), ("email", text)]
        if text != value:
            spellings.append(("field", text))
        if 12 <= len(digits) <= 19:
            spellings.append(("card", digits))
        if 15 <= len(alnum) <= 34:
            spellings.append(("iban", alnum))
        if len(digits) == 9:
            spellings.append(("ssn", digits))
        if 7 <= len(digits) <= 17:
            spellings.append(("phone", digits))
            national = digits[1:] if len(digits) == 11 and digits[0] == "1" else None
            if national:
                spellings.append(("phone", national))
            elif len(digits) == 10:
                spellings.append(("phone", "1" + digits))
        return list(dict.fromkeys(self.token(kind, spelling) for kind, spelling in spellings))
