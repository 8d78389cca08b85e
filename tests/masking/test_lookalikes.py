"""What only looks sensitive stays readable: at least 98 % of each family's members and of all."""

import json
from collections import Counter

import orjson
from planted import lookalikes


def test_lookalikes_stay_readable(masker, function):
    total, masked = Counter(), Counter()
    for family, name, value in lookalikes():
        total[family] += 1
        out = masker.mask_body(function, b"application/json", json.dumps({name: value}).encode())
        parameters = masker.mask_params(function, {name: value if not isinstance(value, float) else str(value)})
        assert bool(parameters.counts) == bool(out.counts)
        if out.counts:
            masked[family] += 1
        else:
            assert json.loads(orjson.dumps(out.body)) == {name: value}
    assert sum(total.values()) >= 1000
    assert {family: count for family, count in masked.items() if count > 0.02 * total[family]} == {}
    assert sum(masked.values()) <= 0.01 * sum(total.values())


def test_under_a_name_that_says_nothing_too(masker, function):
    total = masked = 0
    for _, _, value in lookalikes(seed=23):
        total += 1
        masked += bool(masker.mask_body(function, b"application/json", json.dumps({"x": value}).encode()).counts)
    assert masked <= 0.02 * total
