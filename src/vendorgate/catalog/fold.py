"""Keys as the most forgiving reader takes them."""

import unicodedata


def fold(key: str) -> str:
    """Return the key as the most forgiving reader takes it: without case, compatibility forms, invisible characters."""
    if key.isascii():
        return key.strip().lower()
    kept = "".join(char for char in unicodedata.normalize("NFKC", key) if not _is_invisible(char))
    return unicodedata.normalize("NFKC", kept.casefold()).strip()


def _is_invisible(char: str) -> bool:
    # Controls, format characters (zero width, direction) and variation selectors; other marks are part of a word.
    return unicodedata.category(char) in ("Cf", "Cc") or "\ufe00" <= char <= "\ufe0f" or char == "\u034f"
