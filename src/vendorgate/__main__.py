"""``python -m vendorgate``."""

from vendorgate.cli import main

main(prog_name="vendorgate")
