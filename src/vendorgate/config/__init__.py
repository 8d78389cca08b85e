"""The configuration: ``vendorgate.yaml`` in, frozen ``Settings`` or every problem out; and the data directory's keys.

``load.load_settings`` reads the file and the catalogues it names, and nothing else: no network, no secret. It
returns settings that make sense as a whole or raises ``ConfigProblems``; there is no half-loaded configuration.
It is not imported here: a worker gets its settings ready-made and needs neither YAML nor the readers.
"""

from vendorgate.config.problems import ConfigProblems, Problem
from vendorgate.config.settings import ListenSettings, Settings, VendorSettings

__all__ = ["ConfigProblems", "ListenSettings", "Problem", "Settings", "VendorSettings"]
