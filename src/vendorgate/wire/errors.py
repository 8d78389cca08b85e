"""What is wrong with bytes, before anybody knows which stage they belong to."""

from vendorgate.model import Refusal


class FramingError(Refusal):
    """The message breaks RFC 9112, a limit of ours, or could be read in two ways. The connection is closed."""

    def __init__(self, detail: str, *, reason: str = "bad_request") -> None:
        super().__init__(reason, detail, close=True)
