"""match: which vendor function a request calls, with which typed parameters, and the request that is sent for it.

``vendors/`` holds one data file a vendor; ``load`` reads them, ``match`` compiles and uses them.
"""

from vendorgate.catalog.errors import CatalogProblems, MatchRefused
from vendorgate.catalog.match import Matcher, VendorEntry
from vendorgate.catalog.spec import FunctionSpec, MoneySpec, VendorCatalog

__all__ = [
    "CatalogProblems",
    "FunctionSpec",
    "MatchRefused",
    "Matcher",
    "MoneySpec",
    "VendorCatalog",
    "VendorEntry",
]
