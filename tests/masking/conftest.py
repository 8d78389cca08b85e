import sys
from pathlib import Path

import pytest

from vendorgate.masking import ALL_DETECTORS, Masker, MaskSpec
from vendorgate.model import Function

sys.path.insert(0, str(Path(__file__).parent))  # for planted.py; tests are imported without a package

JSON = b"application/json"


@pytest.fixture
def function() -> Function:
    return Function("stripe", "charges.create", "write", "form", sensitive=("statement_descriptor",))


@pytest.fixture(scope="session")
def masker() -> Masker:
    return Masker(
        key=b"k" * 32,
        record=MaskSpec(ALL_DETECTORS, (("stripe.*", "**.client_secret"), ("stripe.*", "shipping.**"))),
        response=MaskSpec(),
        capture=65_536,
    )
