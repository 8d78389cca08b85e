"""Operator diagnostics: structured log lines, never secrets, never bodies."""

from vendorgate.telemetry.log import Logger

logger = Logger()

__all__ = ["Logger", "logger"]
