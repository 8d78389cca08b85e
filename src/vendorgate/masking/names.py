"""What a field's name alone says about its value: ``api_key`` holds a secret, ``mobile`` a phone number."""

import re
from functools import lru_cache

from vendorgate.masking.pattern import compile_search

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET_WORDS = frozenset(("password", "passwd", "passphrase", "passcode", "pwd", "secret", "secrets", "token"))
_SECRET_PARTS = (
    "password", "passwd", "passphrase", "clientsecret", "secretkey", "apikey", "apisecret", "accesskey", "privatekey",
    "signingkey", "encryptionkey", "authkey", "accountkey", "accesstoken", "refreshtoken", "authtoken", "idtoken",
    "sessiontoken", "bearertoken", "authorization", "credential", "xapikey", "webhooksecret", "connectionstring",
)  # fmt: skip
# Names that speak about a secret instead of holding it: token_type, password_changed_at, next_page_token.
_ABOUT_TEXT = """
    at type id ids count counts length policy status expiry expires expiration in name names required enabled hint
    limit url uri endpoint usage details strength max min version
    """
_ABOUT = frozenset(_ABOUT_TEXT.split())
_PAGING = ("pagetoken", "nexttoken", "synctoken", "continuationtoken", "paginationtoken", "cursortoken")
_PHONE_WORDS = frozenset(("phone", "mobile", "tel", "telephone", "fax", "cell", "cellphone", "msisdn", "whatsapp"))
_SSN_PARTS = ("socialsecurity",)
_SECURITY_CODE = frozenset(("cvc", "cvv", "cvv2", "cvc2", "csc"))

PRESCAN = (
    rb"(?i:pass[^a-z]{0,2}(?:w|phrase|code)|pwd|secret|token(?:[^s]|\z)|(?:api|access|private|signing|encryption|auth|account)"
    rb"[^a-z]{0,3}key|authorization|credential|connection[^a-z]{0,3}string|cvc|cvv|(?:\A|[^a-z])csc"
    rb"|phone|mobile|msisdn|whatsapp|(?:\A|[^a-z])(?:tel|fax|cell)(?:[^a-z]|\z)|ssn|social[^a-z]{0,3}security"
    rb"|[a-z](?:Tel|Fax|Cell))"
)
"""RE2: matches every text that holds a name with a meaning here."""


_search = compile_search([PRESCAN])
_NO_KINDS: frozenset[str] = frozenset()


@lru_cache(maxsize=4096)
def kinds_of(name: str) -> frozenset[str]:
    """Return the kinds a field of this name holds: of ``secret``, ``code``, ``phone``, ``ssn``; mostly none."""
    if not _search(b'"' + name[-128:].encode("utf-8", "replace") + b'"'):
        # What the prescan does not see must mean nothing here either, or clean texts would not be clean.
        return _NO_KINDS
    words = [word.lower() for word in _WORDS.findall(name[-128:])]
    compact = "".join(words)
    kinds = set()
    about = words[-1] in _ABOUT or any(part in compact for part in _PAGING)
    if not about and (
        not _SECRET_WORDS.isdisjoint(words)
        or compact.endswith("token")
        or any(part in compact for part in _SECRET_PARTS)
    ):
        kinds.add("secret")
    if not _SECURITY_CODE.isdisjoint((*words, compact)) or compact.endswith("securitycode"):
        kinds.add("code")
    if not _PHONE_WORDS.isdisjoint(words) or compact.endswith(("phone", "phonenumber", "mobilenumber")):
        kinds.add("phone")
    if "ssn" in words or any(part in compact for part in _SSN_PARTS):
        kinds.add("ssn")
    return frozenset(kinds)


_ID_WORDS_TEXT = """
    id ids order orders invoice tracking shipment parcel reference ref sku ean gtin upc isbn barcode created updated
    timestamp time at ts ms ns nonce sequence seq offset cursor version checksum hash sha etag request trace span
    serial lot batch po rma
    """
_ID_WORDS = frozenset(_ID_WORDS_TEXT.split())


@lru_cache(maxsize=4096)
def is_identifier(name: str) -> bool:
    """Whether a field of this name normally holds an identifier or a time, so that a bare number there is no card."""
    return not _ID_WORDS.isdisjoint(word.lower() for word in _WORDS.findall(name[-128:]))
