"""Catalogues the configuration names: built in, or files beside it."""

import re
from pathlib import Path
from typing import NoReturn

import yaml

from vendorgate.catalog.spec import VendorCatalog
from vendorgate.config.problems import Problem
from vendorgate.config.reader import Source, Wrong, shown, suggest
from vendorgate.config.values import NAME, text

_LIMIT = 4 * 1024 * 1024
_BUILTIN = re.compile(NAME)


class CatalogFolder:
    """Finds catalogues for one configuration; its problems go to the configuration's, under their own file's name."""

    def __init__(self, source: Source, folder: Path) -> None:
        self._source = source
        self._folder = folder
        self._loaded: dict[str, VendorCatalog | None] = {}
        self.content: list[bytes] = []
        """Bytes of the catalogue files that were read, in order; built-in ones are not among them."""

    def find(self, node: yaml.Node) -> VendorCatalog | None:
        """Return the catalogue ``node`` names; None after adding a file's own problems. Raises ``Wrong``."""
        written = text(node)
        if written not in self._loaded:
            self._loaded[written] = self._load(node, written)
        return self._loaded[written]

    def _load(self, node: yaml.Node, written: str) -> VendorCatalog | None:
        from vendorgate.catalog.load import CatalogProblems, load_builtin, load_catalog

        try:
            if _BUILTIN.fullmatch(written):
                return load_builtin(written) or _unknown(node, written)
            path = self._folder / written
            return load_catalog(self._read(node, path), str(path))
        except CatalogProblems as error:
            self._source.problems += [Problem(error.source, *problem) for problem in error.problems]
            return None

    def _read(self, node: yaml.Node, path: Path) -> str:
        try:
            with path.open("rb") as file:
                raw = file.read(_LIMIT + 1)
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or "cannot be read"
            raise Wrong(node, f"{path}: {reason} (relative paths start at the configuration's folder)") from error
        if len(raw) > _LIMIT:
            raise Wrong(node, f"{path}: is larger than 4 MiB")
        self.content.append(raw)
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Wrong(node, f"{path}: is not UTF-8") from error


def _unknown(node: yaml.Node, written: str) -> NoReturn:
    from vendorgate.catalog.load import builtin_names

    message = f"no built-in catalogue is called {shown(written)}{suggest(written, builtin_names())}"
    raise Wrong(node, f"{message}; a file of yours needs its ending, such as ./{written}.yaml")
