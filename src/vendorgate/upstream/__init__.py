"""Send: the one way out. Configuration alone says where a call goes; what policy read is what goes."""

from vendorgate.upstream.errors import UpstreamRefused
from vendorgate.upstream.send import Upstream
from vendorgate.upstream.spec import Origin

__all__ = ["Origin", "Upstream", "UpstreamRefused"]
