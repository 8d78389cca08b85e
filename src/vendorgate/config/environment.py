"""The process's environment, read here and nowhere else."""

import os


def environment() -> dict[str, str]:
    """Return a copy of the environment variables."""
    return dict(os.environ)
