"""``vendorgate token``."""

import re
import sys
import time

import click

_TTL = re.compile(r"([1-9][0-9]{0,5})(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_LIMIT_S = 24 * 3600


def _seconds(_ctx: click.Context, _param: click.Parameter, value: str) -> int:
    """Return a lifetime such as ``90s``, ``15m`` or ``8h`` as seconds."""
    found = _TTL.fullmatch(value)
    if found is None:
        raise click.BadParameter("use a whole number with s, m or h, for example 15m")
    seconds = int(found[1]) * _SECONDS[found[2]]
    if seconds > _LIMIT_S:
        raise click.BadParameter("a token lives at most 24h")
    return seconds


@click.group()
def command() -> None:
    """Mint tokens of the built-in local issuer."""


@command.command(epilog="Example: vendorgate token mint --subject payroll-job --group payroll --ttl 15m")
@click.option("--subject", required=True, help="Who the token is for: the caller's id.")
@click.option("--group", "groups", multiple=True, help="A group of the caller; may be given more than once.")
@click.option(
    "--kind",
    type=click.Choice(["workload", "human", "agent"]),
    default="workload",
    show_default=True,
    help="What calls.",
)
@click.option(
    "--ttl",
    callback=_seconds,
    metavar="DURATION",
    default="15m",
    show_default=True,
    help="Its life: 90s, 15m, 8h; at most 24h.",
)
@click.option("--data", default=None, help="The data directory (default: $VENDORGATE_DATA or ./vendorgate-data).")
@click.option("--json", "as_json", is_flag=True, help='Print {"token": …, "expires_at": …}.')
def mint(*, subject: str, groups: tuple[str, ...], kind: str, ttl: int, data: str | None, as_json: bool) -> None:
    """Print one token, alone on stdout. The gateway accepts it when identity.local_issuer is true."""
    import orjson

    from vendorgate.config.keys import KeyProblem, data_directory, load_or_create_keys
    from vendorgate.identity.local_issuer import LocalIssuer

    folder = data_directory(data)
    try:
        issuer = LocalIssuer(load_or_create_keys(folder).local_issuer)
    except (KeyProblem, ValueError) as error:
        click.echo(f"No token can be minted with the keys in {folder}: {error}", err=True)
        sys.exit(1)
    now = time.time()
    try:
        token = issuer.mint(subject=subject, groups=groups, kind=kind, ttl_s=ttl, now=now)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        expires_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(now + ttl)))
        click.echo(orjson.dumps({"token": token, "expires_at": expires_at}))
    else:
        click.echo(token)
