"""Bank account numbers: IBAN (ISO 13616), any case and spacing; the country's length and mod-97 must hold."""

import re
from collections.abc import Iterator
from itertools import pairwise

from vendorgate.masking.detectors.detector import Finding
from vendorgate.masking.pattern import compile_bytes, matches

# SWIFT IBAN registry: total length and the countries that have it; the last two lines hold countries that use the
# format without being registered.
_REGISTRY = """
15:NO 16:BE 18:DK,FK,FO,FI,GL,NL,SD 19:MK,SI 20:AT,BA,EE,KZ,LT,LU,MN,XK 21:CH,HR,LI,LV
22:BG,BH,CR,DE,GB,GE,IE,ME,RS,VA 23:AE,GI,IL,IQ,OM,SO,TL 24:AD,CZ,ES,MD,PK,RO,SA,SE,SK,TN,VG 25:LY,PT,ST
26:IS,TR 27:BI,DJ,FR,GR,IT,MC,MR,SM 28:AL,AZ,BY,CY,DO,GT,HN,HU,LB,NI,PL,SV 29:BR,EG,PS,QA,UA 30:JO,KW,MU,YE
31:MT,SC 32:LC 33:RU
25:AO,CV,GW,MZ 26:DZ,IR 27:CF,CG,CM,GA,GQ,KM,MG,TD
28:BF,BJ,CI,MA,ML,NE,SN,TG
"""
_LENGTHS = {
    country: int(length)
    for length, countries in (group.split(":") for group in _REGISTRY.split())
    for country in countries.split(",")
}
_GAP = rb"[^0-9A-Za-z_]{0,3}"  # no underscore: ids begin with ch_3 and the like
_HEAD = rb"(?i:" + "|".join(_LENGTHS).encode() + rb")" + _GAP + rb"[0-9]" + _GAP + rb"[0-9]"
_FIND = compile_bytes(_HEAD)
_BODY = re.compile(rb"[0-9A-Za-z]")
_FURTHEST = 34 * 4


def is_iban(value: str) -> bool:
    """Whether these upper-case letters and digits are an IBAN of a known country."""
    if _LENGTHS.get(value[:2]) != len(value) or not value[2:4].isdigit():
        return False
    return int("".join(str(int(c, 36)) for c in value[4:] + value[:4])) % 97 == 1


class IbanDetector:
    """Finds IBANs."""

    kind = "iban"
    prescan = rb"(?:\A|[^0-9A-Za-z]|(?i:iban))" + _HEAD + rb"(?:" + _GAP + rb"[0-9A-Za-z]){11}"

    def find(self, text: bytes, name: str) -> Iterator[Finding]:
        """Yield IBANs in ``text``."""
        for match in matches(_FIND, text):
            start = match.start()
            before = text[max(0, start - 4) : start]
            if before[-1:].isalnum() and before.lower() != b"iban":
                continue
            length = _LENGTHS[text[start : start + 2].decode().upper()]
            places = [m.start() for m in _BODY.finditer(text, start, start + _FURTHEST)][: length + 1]
            if len(places) < length:
                continue
            end = places[length - 1] + 1
            if len(places) > length and places[length] == end:
                continue
            if max(b - a for a, b in pairwise(places[:length])) > 4:
                continue
            if is_iban(bytes(text[place] for place in places[:length]).decode().upper()):
                yield Finding(start, end, "iban")
