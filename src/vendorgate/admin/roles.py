"""Who may do what in the control plane."""

from vendorgate.model import Caller


def may_read_calls(caller: Caller, access: dict[str, tuple[str, ...]]) -> bool:
    """People with the role ``admin`` or ``auditor``; never a workload or an agent, whatever its groups."""
    return caller.kind == "human" and (has_role(caller, "admin", access) or has_role(caller, "auditor", access))


def has_role(caller: Caller, role: str, access: dict[str, tuple[str, ...]]) -> bool:
    """Whether ``access`` gives the role to the caller by ``group:NAME`` or ``principal:ID`` (exact)."""
    for pattern in access.get(role, ()):
        kind, _, name = pattern.partition(":")
        if (kind == "group" and name in caller.groups) or (kind == "principal" and name == caller.id):
            return True
    return False
