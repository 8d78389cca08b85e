"""vendorgate: an identity-aware gateway between a company's code and the vendor APIs it calls."""

__version__ = "0.1.0"
