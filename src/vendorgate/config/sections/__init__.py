"""The sections of vendorgate.yaml, one file each: nodes in, the stages' specs out, every problem at its place."""
