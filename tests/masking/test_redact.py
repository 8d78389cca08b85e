import random

import pytest

from vendorgate.masking import StreamRedactor, redact

SECRET = b"sk_live_4242abcd"
NEEDLES = (SECRET, b"c2tfbGl2ZV80MjQyYWJjZA==", b"c2tfbGl2ZV80MjQyYWJj", b"sk%5Flive%5F4242abcd")


def stream(needles: tuple[bytes, ...], chunks: list[bytes]) -> bytes:
    redactor = StreamRedactor(needles)
    return b"".join(redactor.feed(chunk) for chunk in chunks) + redactor.flush()


BODIES = [
    b"",
    SECRET,
    b"before " + SECRET + b" after",
    SECRET + SECRET + b"sk_live_" + SECRET,
    b"Basic c2tfbGl2ZV80MjQyYWJjZA== and c2tfbGl2ZV80MjQyYWJj only",
    b"sk_live_4242abc and sk_live_4242abX, sk%5Flive%5F4242abcd",
    b"nothing here at all, sk_liv",
]


@pytest.mark.parametrize("body", BODIES)
def test_every_split_gives_what_the_whole_gives(body):
    whole = redact(body, NEEDLES)
    assert not any(needle in whole for needle in NEEDLES)
    for first in range(len(body) + 1):
        for second in range(first, len(body) + 1):
            assert stream(NEEDLES, [body[:first], body[first:second], body[second:]]) == whole
    assert stream(NEEDLES, [body[i : i + 1] for i in range(len(body))]) == whole


@pytest.mark.parametrize("needles", [(b"ab", b"abc", b"cab"), (b"aa",), (b"xabcy", b"abc"), (b"xyab", b"abcd")])
def test_overlapping_needles_agree_streamed_and_whole(needles):
    rng = random.Random(3)
    for _ in range(300):
        body = bytes(rng.choices(b"abcxy", k=24))
        whole = redact(body, needles)
        cuts = sorted(rng.choices(range(25), k=3))
        chunks = [body[a:b] for a, b in zip([0, *cuts], [*cuts, 24], strict=True)]
        assert stream(needles, chunks) == whole


def test_a_clean_body_is_returned_as_it_is():
    body = b"x" * 100
    assert redact(body, NEEDLES) is body
    assert redact(body, ()) is body
    assert redact(body, (b"",)) is body


def test_events_flow_at_once():
    redactor = StreamRedactor(NEEDLES)
    assert redactor.feed(b"data: one\n\n") == b"data: one\n\n"
    assert redactor.feed(b"data: s") == b"data: "
    assert redactor.feed(b"ix\n\n") == b"six\n\n"
    assert redactor.flush() == b""


def test_what_is_held_is_shorter_than_a_needle():
    redactor = StreamRedactor(NEEDLES)
    fed = out = 0
    for _ in range(1000):
        fed += 7
        out += len(redactor.feed(b"sk_live"))
        assert fed - out < max(map(len, NEEDLES))
