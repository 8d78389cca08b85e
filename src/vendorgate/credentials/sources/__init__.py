"""Where secrets come from, one file a source. A new source is one file here and one line in ``SOURCES``."""

from vendorgate.credentials.errors import CredentialProblem
from vendorgate.credentials.sources.environment import open_environment
from vendorgate.credentials.sources.file import open_file
from vendorgate.credentials.sources.reading import OpenSource, Reading, Source, Surroundings
from vendorgate.credentials.sources.stored import open_stored
from vendorgate.credentials.spec import CredentialSpec

SOURCES: tuple[tuple[str, OpenSource], ...] = (
    ("store", open_stored),
    ("env", open_environment),
    ("file", open_file),
)


def open_source(spec: CredentialSpec, surroundings: Surroundings) -> Source:
    """Make the source a credential's settings name. Raises ``CredentialProblem`` for an unknown one."""
    for name, open_ in SOURCES:
        if name == spec.source:
            return open_(spec, surroundings)
    known = ", ".join(name for name, _ in SOURCES)
    raise CredentialProblem(f"the credential {spec.name!r} has an unknown source {spec.source!r}: use one of {known}")


__all__ = ["SOURCES", "Reading", "Source", "Surroundings", "open_source"]
