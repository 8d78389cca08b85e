"""Shared by the tests of the configuration: files as text, with § where the problem is expected."""

from pathlib import Path

from vendorgate.config import ConfigProblems, Problem, Settings
from vendorgate.config.load import load_settings

MARK = "§"

# The example of the product's contract, with what it leaves open filled in.
CONTROL = """\
version: 1
listen:
  gateway: 127.0.0.1:8080
  admin: 127.0.0.1:8081
  workers: 1
store: sqlite
identity:
  local_issuer: true
  issuers:
    - name: github
      issuer: https://token.actions.githubusercontent.com
      audience: vendorgate
      algorithms: [RS256]
      kind: workload
      subject: "github:{repository}"
      groups: ["ci", "owner:{repository_owner}"]
      require: {ref: refs/heads/main}
  login:
    - {name: okta, oidc: {issuer: https://id.example, client_id: gate, client_secret: {from: env, name: OIDC}, groups_claim: groups}}
    - {name: corp, saml: {idp_metadata: https://id.example/saml, groups_attribute: groups, email_attribute: email}}
access:
  admin: ["group:platform"]
  auditor: ["group:security"]
credentials:
  stripe-live: {from: store}
  from-environment: {from: env, name: STRIPE_KEY}
  from-file: {from: file, path: secrets/stripe}
vendors:
  stripe:
    catalog: stripe
    base_url: https://api.stripe.com
    credential: stripe-live
    timeout: 30s
  stub:
    catalog: stripe
    base_url: http://127.0.0.1:9000/stub/
    allow_private: true
rules:
  - id: payroll-small-transfers
    about: Payroll may pay up to 10,000 on its own
    who: ["group:payroll"]
    call: ["stripe.transfers.create"]
    when: call.money.value <= 10000 && call.money.currency == "USD"
    effect: allow
  - id: large-transfers
    call: ["stripe.transfers.create"]
    when: call.money.value > 10000
    effect: review
    review: {by: ["group:finance-leads"], quorum: 1, hold: 5m, expires: 1h}
  - id: never
    call: ["stripe.transfers.create"]
    when: call.money.value > 50000
    effect: deny
    message: Transfers above 50,000 go through the treasury portal.
    mode: observe
masking:
  record:   {detect: [card, iban, email, phone, ssn, secret], fields: ["stripe.*: **.client_secret"]}
  response: []
limits: {body: 8MiB, header: 32KiB, headers: 100, json_depth: 64, header_timeout: 10s, capture: 16KiB}
"""


def load(folder: Path, text: str | bytes) -> Settings:
    path = folder / "vendorgate.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_settings(path)


def problems(folder: Path, text: str | bytes) -> tuple[Problem, ...]:
    try:
        load(folder, text)
    except ConfigProblems as error:
        return error.problems
    return ()


def place(marked: str) -> tuple[str, int, int]:
    """Take the mark out of a text; return it with the mark's line and column."""
    assert marked.count(MARK) == 1, marked
    before, _, after = marked.partition(MARK)
    return before + after, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
