"""``{from: env, name: …}``: a variable of the gateway's own environment."""

import os
from collections.abc import Mapping

from vendorgate.credentials.errors import CredentialProblem, CredentialRefused
from vendorgate.credentials.sources.reading import Reading, Surroundings
from vendorgate.credentials.spec import CredentialSpec
from vendorgate.model import Secret


class EnvironmentSource:
    """One variable. A process's environment is fixed at its start: a new value needs a restart."""

    def __init__(self, name: str, variable: str, environ: Mapping[str, str]) -> None:
        self._name = name
        self._variable = variable
        self._environ = environ

    def read(self, last: Reading | None) -> Reading:
        """Return the variable's value, always as version 1."""
        text = self._environ.get(self._variable)
        if text is None:
            raise CredentialRefused(
                "credential_unavailable",
                f"The credential {self._name!r} comes from the environment variable {self._variable}, which is not "
                "set. Set it where the gateway is started, and restart the gateway.",
            )
        # os.fsencode gives back the very bytes the process was started with.
        value = os.fsencode(text)
        if last is not None and last.secret.reveal() == value:
            return last
        return Reading(Secret(value), 1, None)


def open_environment(spec: CredentialSpec, surroundings: Surroundings) -> EnvironmentSource:
    """Make the source; it needs the variable's name."""
    if not spec.location:
        raise CredentialProblem(f"the credential {spec.name!r} is from the environment: say the variable's name")
    return EnvironmentSource(spec.name, spec.location, surroundings.environ)
