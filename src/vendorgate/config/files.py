"""Paths in the configuration: relative ones start at the configuration's own folder."""

from pathlib import Path

import yaml

from vendorgate.config.reader import Read, Wrong
from vendorgate.config.values import text


def file_path(folder: Path) -> Read[Path]:
    """Return a reader of a path below ``folder`` or an absolute one; the file may be missing."""

    def read(node: yaml.Node) -> Path:
        return folder / text(node)

    return read


def existing_file(folder: Path) -> Read[Path]:
    """Return a reader of the path of a file that is there. It is not opened."""

    def read(node: yaml.Node) -> Path:
        path = folder / text(node)
        try:
            is_file = path.is_file()
        except OSError as error:
            raise Wrong(node, f"{path}: {error.strerror}") from error
        if not is_file:
            raise Wrong(node, f"{path}: no such file (relative paths start at the configuration's folder)")
        return path

    return read
