"""Secrets: keys in the shapes vendors issue them in, JWTs, private keys, and whatever a field so named holds."""

from collections.abc import Iterator

from vendorgate.masking.detectors.detector import Finding
from vendorgate.masking.names import kinds_of
from vendorgate.masking.pattern import compile_bytes, matches

_W = rb"[0-9A-Za-z_\-]"
_SHAPES = (
    rb"(?:sk|rk)_(?:live|test|prod)_[0-9A-Za-z]{8,}",  # Stripe
    rb"whsec_[0-9A-Za-z+/=_\-]{8,}",  # Stripe, Svix
    rb"\bsk-(?:ant|proj|svcacct|admin|or)-" + _W + rb"{8,}",  # Anthropic, OpenAI, OpenRouter
    rb"\bsk-[0-9A-Za-z]{20,}",  # OpenAI, older
    rb"gh[pousr]_[0-9A-Za-z]{16,}",  # GitHub
    rb"github_pat_[0-9A-Za-z_]{16,}",
    rb"glpat-" + _W + rb"{16,}",  # GitLab
    rb"xox[abceoprs]-[0-9A-Za-z\-]{10,}",  # Slack
    rb"xapp-[0-9A-Za-z\-]{10,}",
    rb"hooks\.slack\.com/services/[0-9A-Za-z/]{16,}",
    rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}",  # AWS
    rb"AIza" + _W + rb"{30,}",  # Google
    rb"GOCSPX-" + _W + rb"{16,}",
    rb"\bya29\." + _W + rb"{16,}",
    rb"\bSG\." + _W + rb"{16,}\." + _W + rb"{16,}",  # SendGrid
    rb"\bkey-[0-9a-z]{32}",  # Mailgun
    rb"\bSK[0-9a-f]{32}",  # Twilio
    rb"\bnpm_[0-9A-Za-z]{30,}",
    rb"pypi-AgE" + _W + rb"{16,}",
    rb"\bdo[opr]_v1_[0-9a-f]{32,}",  # DigitalOcean
    rb"\bshp(?:at|ss|ca|pa)_[0-9A-Fa-f]{16,}",  # Shopify
    rb"\bsq0(?:atp|csp|idp)-" + _W + rb"{16,}",  # Square
    rb"\bEAAA[0-9A-Za-z_\-]{40,}",
    rb"\bhf_[0-9A-Za-z]{24,}",  # Hugging Face
    rb"\b(?:gsk_|xai-|r8_|pplx-)[0-9A-Za-z]{24,}",
    rb"\blin_api_[0-9A-Za-z]{16,}",
    rb"\bdckr_pat_" + _W + rb"{16,}",
    rb"\bATATT3" + _W + rb"{16,}",  # Atlassian
    rb"\bNRAK-[0-9A-Z]{16,}",  # New Relic
    rb"\bhv[sb]\." + _W + rb"{16,}",  # Vault
    rb"\b[0-9]{8,10}:AA" + _W + rb"{32,34}",  # Telegram
    rb"\beyJ" + _W + rb"{8,}\." + _W + rb"{4,}(?:\." + _W + rb"*){0,3}",  # JWT, JWE (RFC 7519)
    rb"(?s:-----BEGIN[0-9A-Z +]{1,40}PRIVATE[ +]KEY(?:[ +]BLOCK)?-----.*?"
    rb"(?:-----END[0-9A-Z +]{1,40}PRIVATE[ +]KEY(?:[ +]BLOCK)?-----|\z))",
)
_FIND = compile_bytes(rb"|".join(_SHAPES))
_BEARER = compile_bytes(rb"\b(?i:bearer|basic)[ +]{1,4}([0-9A-Za-z+/=._~\-]{12,})", captures=True)
_USERINFO = compile_bytes(rb"://[^\s/:@?#]{0,128}:([^\s/@?#]{1,256})@", captures=True)


class SecretDetector:
    """Finds secrets."""

    kind = "secret"
    prescan = (
        rb"(?:sk|rk)_(?:live|test|prod)_|whsec_|\bsk-|gh[pousr]_|github_pat_|glpat-|xox[abceoprs]-|xapp-|hooks\.slack"
        rb"|AKIA|ASIA|AIza|GOCSPX|ya29\.|\bSG\.|\bkey-|\bSK[0-9a-f]{8}|\bnpm_|pypi-|do[opr]_v1_|shp(?:at|ss|ca|pa)_|sq0"
        rb"|\bEAAA|\bhf_|\bgsk_|\bxai-|\br8_|\bpplx-|lin_api_|dckr_pat|ATATT3|NRAK-|\bhv[sb]\.|[0-9]{8}:AA|\beyJ"
        rb"|-----BEGIN|(?i:\b(?:bearer|basic)[ +])|://[^\s/:@?#\"]{0,128}:[^\s/@?#\"]{1,256}@"
    )

    def find(self, text: bytes, name: str) -> Iterator[Finding]:
        """Yield secrets in ``text``; in a field called ``password``, ``api_key`` … all of it."""
        if name:
            kinds = kinds_of(name)
            if "secret" in kinds and text.strip():
                yield Finding(_scheme_length(text), len(text), "secret")
                return
            if "code" in kinds and text.strip().isdigit() and len(text) <= 8:
                yield Finding(0, len(text), "secret")
                return
        for match in matches(_FIND, text):
            yield Finding(match.start(), match.end(), "secret")
        for match in matches(_BEARER, text):
            if match.group()[:2].lower() == b"be" or any(c in b"=0123456789" for c in match.group(1)):
                yield Finding(match.start(1), match.end(1), "secret")
        if b"://" in text:
            for match in matches(_USERINFO, text):
                yield Finding(match.start(1), match.end(1), "secret")


def _scheme_length(text: bytes) -> int:
    head = text[:16].lower()
    for scheme in (b"bearer ", b"basic ", b"token "):
        if head.startswith(scheme) and len(text) > len(scheme):
            return len(scheme)
    return 0
