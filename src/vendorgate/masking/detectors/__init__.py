"""The detectors, one file each. A new one is one file and one line here."""

from vendorgate.masking.detectors.card import CardDetector
from vendorgate.masking.detectors.detector import Detector, Finding
from vendorgate.masking.detectors.email import EmailDetector
from vendorgate.masking.detectors.iban import IbanDetector
from vendorgate.masking.detectors.phone import PhoneDetector
from vendorgate.masking.detectors.secret import SecretDetector
from vendorgate.masking.detectors.ssn import SsnDetector

DETECTORS: tuple[Detector, ...] = (
    SecretDetector(),
    EmailDetector(),
    IbanDetector(),
    PhoneDetector(),
    CardDetector(),
    SsnDetector(),
)
"""In order of precedence where findings begin at the same place and are equally long."""

__all__ = ["DETECTORS", "Detector", "Finding"]
