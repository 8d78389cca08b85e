"""Broken files, one a row: the text with § where the problem must be reported, and what the message must say."""

import pytest
from tests.config.cases import load, place, problems

STRUCTURE = {
    "empty": ("§", "is empty"),
    "only-a-comment": ("§# nothing\n", "is empty"),
    "a-list": ("§- 1\n", "must be a mapping"),
    "a-word": ("§hello\n", "must be a mapping"),
    "syntax-flow": ("version: 1\nlimits: {body: 8MiB\nstore§: sqlite\n", "flow mapping"),
    "tab": ("version: 1\nlisten:\n§\tworkers: 1\n", "tabs"),
    "two-documents": ("version: 1\n§---\nversion: 1\n", "more than one document"),
    "duplicate-top": ("version: 1\nstore: sqlite\n§store: sqlite\n", "already set in line 2"),
    "duplicate-below": ("version: 1\nlimits: {body: 8MiB, §body: 1MiB}\n", "already set in line 2"),
    "duplicate-vendor": (
        "version: 1\nvendors:\n  stub: &v {catalog: stripe}\n  §stub: *v\n",
        "'stub' is already set in line 3",
    ),
    "duplicate-quoted-twin": ('version: 1\nlimits: {body: 8MiB, §"bod\\u0079": 1MiB}\n', "already set"),
    "merge-key": ("version: 1\nlisten: &l {workers: 1}\nlimits:\n  §<<: *l\n", "merge keys"),
    "tag": ("version: 1\nstore: §!!python/name:os.system x\n", "YAML tag"),
    "local-tag": ("version: 1\nstore: §!secret sqlite\n", "YAML tag"),
    "bool-key": ("version: 1\ncredentials:\n  §on: {from: store}\n", "a key must be text"),
    "int-key": ("version: 1\ncredentials:\n  §1: {from: store}\n", "put it in quotes"),
    "complex-key": ("version: 1\n? §[a]\n: b\n", "a key must be text"),
    "undefined-alias": ("version: 1\nrules:\n  - {id: a, effect: deny, call: [§*]}\n", "alias"),
    "undefined-alias-name": (
        "version: 1\nrules:\n  - {id: a, effect: deny, call: §*stripe}\n",
        "put the text in quotes",
    ),
    "recursive-alias": ("version: 1\nrules: &r [§*r]\n", "contains itself"),
    "deep": ("version: 1\nrules: " + "[" * 31 + "§" + "[" * 20 + "]" * 51 + "\n", "deeper than 32"),
    "control-character": ("version: 1\nstore: sq§\x07lite\n", "U+0007"),
    "direction-override": ("version: 1\nstore: sq§\u202elite\n", "U+202E"),
    "zero-width": ("version: 1\nsto§\u200bre: sqlite\n", "U+200B"),
    "unknown-section": ("version: 1\n§rule: []\n", "did you mean 'rules'"),
    "unknown-far": ("version: 1\n§zzzzzz: []\n", "no setting 'zzzzzz'"),
    "version-missing": ("§store: sqlite\n", "needs 'version'"),
    "version-two": ("version: §2\n", "must be 1"),
    "version-text": ('version: §"1"\n', "must be 1"),
    "version-float": ("version: §1.0\n", "must be 1"),
}

LISTEN = {
    "port-alone": ("listen: {gateway: §8080}", "must be text"),
    "colon-port": ('listen: {gateway: §":8080"}', "host:port"),
    "host-alone": ("listen: {gateway: §localhost}", "host:port"),
    "port-too-high": ("listen: {gateway: §localhost:70000}", "host:port"),
    "sexagesimal": ("listen: {gateway: §10:30}", "put it in quotes"),
    "v6-without-brackets": ('listen: {gateway: §"::1:8080"}', "in brackets"),
    "odd-address": ("listen: {gateway: §127.1:8080}", "host:port"),
    "same-port": ("listen: {gateway: 127.0.0.1:80, admin: §127.0.0.1:80}", "gateway's own"),
    "same-port-wildcard": ("listen: {gateway: 0.0.0.0:8081, admin: §127.0.0.1:8081}", "gateway's own"),
    "same-port-as-default": ("listen: §{gateway: 127.0.0.1:8081}", "gateway's own"),
    "workers-zero": ("listen: {workers: §0}", "from 1 to 64, or auto"),
    "workers-many": ("listen: {workers: §65}", "from 1 to 64, or auto"),
    "workers-octal": ("listen: {workers: §010}", "from 1 to 64, or auto"),
    "workers-word": ("listen: {workers: §many}", "or auto"),
    "tls-no-key": ("listen: {gateway_tls: §{certificate: vendorgate.yaml}}", "needs 'key'"),
    "tls-no-file": ("listen: {admin_tls: {certificate: §no.pem, key: vendorgate.yaml}}", "no such file"),
    "admin-url-path": ("listen: {admin_url: §https://gate.example/admin}", "without a path"),
    "listen-typo": ("listen: {§gatway: 127.0.0.1:80}", "did you mean 'gateway'"),
    "listen-list": ("listen: §[127.0.0.1:80]", "must be a mapping"),
    "store-postgresql": ("store: §postgresql://u:hunter2@db/x", "not supported yet: use sqlite"),
    "store-other": ("store: §mysql", "must be sqlite"),
    "store-null": ("store: §~", "is empty"),
}


def issuer(settings: str) -> str:
    return "identity:\n  issuers:\n    - {name: ci, issuer: https://ci.example, audience: gate" + settings + "}"


IDENTITY = {
    "local-yes": ("identity: {local_issuer: §yes}", "must be true or false"),
    "local-text": ('identity: {local_issuer: §"true"}', "must be true or false"),
    "issuers-mapping": ("identity: {issuers: §{name: ci}}", "must be a list"),
    "issuer-word": ("identity: {issuers: [§ci]}", "must be a mapping"),
    "no-name": ("identity: {issuers: [§{issuer: https://ci.example, audience: gate}]}", "needs 'name'"),
    "no-audience": ("identity: {issuers: [§{name: ci, issuer: https://ci.example}]}", "needs 'audience'"),
    "issuer-http": ("identity: {issuers: [{name: ci, issuer: §http://ci.example, audience: gate}]}", "must be https"),
    "issuer-private": ("identity: {issuers: [{name: ci, issuer: §https://10.0.0.1, audience: gate}]}", "private"),
    "issuer-local-name": ("identity: {issuers: [{name: §local, issuer: https://ci.example, audience: a}]}", "built-in"),
    "issuer-twice": (
        "identity: {issuers: [{name: a, issuer: https://x.example, audience: g},"
        " {name: b, issuer: §https://x.example, audience: g}]}",
        "already",
    ),
    "name-twice": (
        "identity: {issuers: [{name: a, issuer: https://x.example, audience: g},"
        " {name: §a, issuer: https://y.example, audience: g}]}",
        "already",
    ),
    "alg-none": (issuer(", algorithms: [§none]"), "never accepted"),
    "alg-hs": (issuer(", algorithms: [RS256, §HS256]"), "never accepted"),
    "alg-typo": (issuer(", algorithms: [§RS265]"), "did you mean 'RS256'"),
    "alg-empty": (issuer(", algorithms: §[]"), "at least one"),
    "alg-word": (issuer(", algorithms: §RS256"), "must be a list"),
    "kind": (issuer(", kind: §robot"), "workload, human or agent"),
    "subject-constant": (issuer(", subject: §ci"), "same principal"),
    "subject-brace": (issuer(', subject: §"{sub"'), "braces"),
    "group-brace": (issuer(', groups: [§"a}"]'), "braces"),
    "group-number": (issuer(", groups: [§1.10]"), "'1.10' as a number: put it in quotes"),
    "require-date": (issuer(", require: {ref: §2024-01-01}"), "as a date: put it in quotes"),
    "require-yes": (issuer(", require: {ref: §yes}"), "'yes' as true or false: put it in quotes"),
    "jwks-http": (issuer(", jwks: §http://ci.example/keys"), "must be https"),
    "jwks-case": (issuer(", jwks: §HTTPS://ci.example/keys"), "lower case"),
    "jwks-no-file": (issuer(", jwks: §keys.json"), "no such file"),
    "login-two": (
        "identity: {login: [§{name: a, oidc: {issuer: https://x.example, client_id: c,"
        " client_secret: {from: store}}, saml: {idp_metadata: f}}]}",
        "exactly one",
    ),
    "login-none": ("identity: {login: [§{name: a}]}", "exactly one"),
    "login-secret": (
        "identity: {login: [{name: a, oidc: {issuer: https://x.example, client_id: c, client_secret: §hunter2}}]}",
        "where the secret comes from",
    ),
    "login-no-secret": (
        "identity: {login: [{name: a, oidc: §{issuer: https://x.example, client_id: c}}]}",
        "needs 'client_secret'",
    ),
    "login-metadata": ("identity: {login: [{name: a, saml: {idp_metadata: §http://x.example}}]}", "must be https"),
    "role": ("access: {§admins: [group:a]}", "did you mean 'admin'"),
    "role-pattern": ("access: {admin: [§platform]}", "group:NAME"),
    "credential-pasted": ("credentials: {stripe: §sk_live_hunter2}", "never stands in this file"),
    "credential-value": ("credentials: {stripe: {from: store, §value: hunter2}}", "no setting 'value'"),
    "credential-vault": ("credentials: {stripe: {from: §vault, path: a, field: b}}", "not supported yet"),
    "credential-source": ("credentials: {stripe: {from: §stor}}", "did you mean 'store'"),
    "credential-env": ("credentials: {stripe: §{from: env}}", "needs 'name'"),
    "credential-env-name": ("credentials: {stripe: {from: env, name: §A-B}}", "environment variable"),
    "credential-file": ("credentials: {stripe: §{from: file}}", "needs 'path'"),
    "credential-name": ("credentials: {§Stripe: {from: store}}", "must be a name"),
    "credential-empty": ("credentials: {stripe: §}", "must say where"),
}


def vendor(settings: str) -> str:
    return "vendors:\n  stub:\n    catalog: stripe\n    " + settings


def base(url: str) -> str:
    return vendor("base_url: " + url)


VENDORS = {
    "vendor-name": ("vendors:\n  §Stub: {catalog: stripe}", "must be a name"),
    "vendor-dot": ("vendors:\n  §.vendorgate: {catalog: stripe}", "must be a name"),
    "no-catalog": ("vendors:\n  stub: §{base_url: https://x.example}", "needs 'catalog'"),
    "builtin-typo": ("vendors:\n  stub: {catalog: §strip}", "did you mean 'stripe'"),
    "catalog-no-file": ("vendors:\n  stub: {catalog: §./own.yaml}", "No such file"),
    "catalog-folder": ("vendors:\n  stub: {catalog: §./}", "Is a directory"),
    "credential-unknown": (vendor("credential: §stripe-live"), "no credential is called 'stripe-live'"),
    "base-http": (base("§http://api.example"), "must be https"),
    "base-ftp": (base("§ftp://api.example"), "https://"),
    "base-no-scheme": (base("§api.example"), "https://"),
    "base-user": (base("§https://u:hunter2@api.example"), "user or password"),
    "base-query": (base("§https://api.example/?a=1"), "query or fragment"),
    "base-fragment": (base('§"https://api.example/#a"'), "query or fragment"),
    "base-loopback": (base("§https://127.0.0.1"), "private or loopback"),
    "base-v6": (base('§"https://[::1]"'), "private or loopback"),
    "base-v4-in-v6": (base('§"https://[::ffff:10.0.0.1]"'), "private or loopback"),
    "base-nat64": (base('§"https://[64:ff9b::a00:1]"'), "private or loopback"),
    "base-6to4": (base('§"https://[2002:a00:1::]"'), "private or loopback"),
    "base-zone": (base('§"https://[fe80::1%eth0]"'), "usual form"),
    "base-metadata": (base("§https://169.254.169.254"), "private or loopback"),
    "base-localhost": (base("§https://localhost:1"), "loopback"),
    "base-decimal": (base("§https://2130706433"), "usual form"),
    "base-hex": (base("§https://0x7f.0x1"), "usual form"),
    "base-short": (base("§https://127.1"), "usual form"),
    "base-trailing-dot": (base("§https://api.example."), "must name a host"),
    "base-unicode": (base("§https://аpi.example"), "ASCII"),
    "base-port": (base("§https://api.example:99999"), "port"),
    "base-port-zero": (base("§https://api.example:0"), "port"),
    "base-dots": (base("§https://api.example/a/../b"), "plain path"),
    "base-escape": (base("§https://api.example/%2e"), "plain path"),
    "base-backslash": (base("§https://api.example/a\\b"), "plain path"),
    "base-slashes": (base("§https://api.example//a"), "plain path"),
    "private-word": (vendor("allow_private: §on"), "must be true or false"),
    "ca-no-file": (vendor("ca: §no.pem"), "no such file"),
    "timeout-bare": (vendor("timeout: §60"), "such as 15s"),
    "timeout-sexagesimal": (vendor("timeout: §1:30"), "such as 15s"),
    "timeout-range": (vendor("timeout: §2h"), "from 100ms to 1h"),
    "vendor-typo": (vendor("§timout: 60s"), "did you mean 'timeout'"),
}


def rule(settings: str) -> str:
    return "rules:\n  - {id: a, " + settings + "}"


RULES = {
    "rules-mapping": ("rules: §{a: {effect: deny}}", "must be a list"),
    "rule-word": ("rules: [§deny]", "must be a mapping"),
    "no-id": ("rules:\n  - §effect: deny", "needs 'id'"),
    "no-effect": ("rules:\n  - §id: a", "needs 'effect'"),
    "id-twice": ("rules:\n  - {id: a, effect: deny}\n  - {id: §a, effect: deny}", "line 3"),
    "id-number": ("rules: [{id: §7, effect: deny}]", "put it in quotes"),
    "id-blank": ("rules: [{id: §a b, effect: deny}]", "at most 80"),
    "effect-typo": (rule("effect: §denied"), "allow, review or deny (did you mean 'deny'?)"),
    "mode": (rule("effect: deny, mode: §observ"), "enforce or observe (did you mean 'observe'?)"),
    "who-empty": (rule("effect: deny, who: §[]"), "matches nobody"),
    "who-null": (rule("effect: allow, who: §~"), "must be a list"),
    "who-word": (rule("effect: allow, who: §group:a"), "must be a list"),
    "call-empty": (rule("effect: allow, call: §[]"), "matches no function"),
    "call-mapping": (rule("effect: allow, call: [§{stripe: x}]"), "must be text, not a mapping"),
    "when-bool": (rule("effect: allow, when: §true"), "put it in quotes"),
    "when-not": (rule("effect: allow, when: §!has(params.a)"), "put the text in quotes"),
    "when-not-and": ("rules:\n  - id: a\n    effect: deny\n    when: !has(params.a) §&& x", "the whole text in quotes"),
    "when-empty": (rule("effect: allow, when: §''"), "must not be empty"),
    "rule-typo": (rule("effect: allow, §whne: x"), "did you mean 'when'"),
    "review-missing": ("rules:\n  - §id: a\n    effect: review", "needs who decides"),
    "review-idle": (rule("effect: deny, review: §{by: [group:a]}"), "only beside effect: review"),
    "review-nobody": (rule("effect: review, review: §{quorum: 1}"), "needs 'by'"),
    "review-by-empty": (rule("effect: review, review: {by: §[]}"), "who may decide"),
    "review-by-kind": (rule("effect: review, review: {by: [§kind:human]}"), "group:NAME"),
    "quorum-zero": (rule("effect: review, review: {by: [group:a], quorum: §0}"), "from 1 to 20"),
    "quorum-people": (rule("effect: review, review: {by: [principal:a], quorum: §2}"), "more than the people"),
    "hold-long": (rule("effect: review, review: {by: [group:a], hold: §10m, expires: 5m}"), "longer than expires"),
    "hold-unit": (rule("effect: review, review: {by: [group:a], hold: §5min}"), "such as 15s"),
}

MASKS_AND_LIMITS = {
    "detector": ("masking: {record: {detect: [§cards]}}", "did you mean 'card'"),
    "detector-in-list": ("masking: {response: [card, §emial]}", "did you mean 'email'"),
    "detect-word": ("masking: {record: {detect: §card}}", "must be a list"),
    "record-null": ("masking: {record: §}", "must be a mapping"),
    "field-unquoted": ('masking: {record: {fields: [§stripe.a: "b"]}}', "in quotes"),
    "field-no-colon": ('masking: {record: {fields: [§"stripe.a"]}}', "FUNCTION: PATH"),
    "field-no-space": ('masking: {record: {fields: [§"stripe.a:b"]}}', "FUNCTION: PATH"),
    "field-path": ('masking: {record: {fields: [§"*: a..b"]}}', "one dot between"),
    "field-vendor": ('masking: {record: {fields: [§"strip.a: b"]}}', "no vendor"),
    "masking-typo": ("masking: {§records: []}", "did you mean 'record'"),
    "size-decimal": ("limits: {body: §8MB}", "such as 8MiB"),
    "size-blank": ("limits: {body: §8 MiB}", "such as 8MiB"),
    "size-negative": ("limits: {body: §-1}", "such as 8MiB"),
    "size-float": ("limits: {body: §1.5MiB}", "such as 8MiB"),
    "size-small": ("limits: {body: §1}", "from 1KiB to 1GiB"),
    "count-word": ("limits: {headers: §many}", "from 10 to 1,000"),
    "count-underscore": ("limits: {headers: §1_00}", "in decimal digits"),
    "count-hex": ("limits: {headers: §0x40}", "in decimal digits"),
    "count-range": ("limits: {json_depth: §251}", "from 1 to 250"),
    "time-bare": ("limits: {header_timeout: §15}", "such as 15s"),
    "limits-typo": ("limits: {§json_dept: 64}", "did you mean 'json_depth'"),
}

SECTIONS = LISTEN | IDENTITY | VENDORS | RULES | MASKS_AND_LIMITS
ROWS = [pytest.param(*row, id=name) for name, row in STRUCTURE.items()] + [
    pytest.param(f"version: 1\n{text}\n", said, id=name) for name, (text, said) in SECTIONS.items()
]


@pytest.mark.parametrize(("marked", "said"), ROWS)
def test_each_problem_is_reported_at_its_place_and_alone(tmp_path, marked, said):
    text, line, column = place(marked)
    found = problems(tmp_path, text)
    assert [(problem.line, problem.column) for problem in found] == [(line, column)], found
    assert said in found[0].message
    assert str(found[0]) == f"{tmp_path / 'vendorgate.yaml'}:{line}:{column}: {found[0].message}"
    assert "hunter2" not in str(found)


GOOD = {
    "minimum": "version: 1",
    "byte-order-mark": "\ufeffversion: 1",
    "empty-sections": "version: 1\nlisten:\nidentity:\naccess:\ncredentials:\nvendors:\nrules:\nmasking:\nlimits:\n",
    "v6": 'version: 1\nlisten: {gateway: "[::1]:8080", admin: "[::1]:8081"}',
    "one-port-two-addresses": "version: 1\nlisten: {gateway: 127.0.0.1:80, admin: 127.0.0.2:80}",
    "workers-auto": "version: 1\nlisten: {workers: auto}",
    "tls": "version: 1\nlisten: {gateway_tls: {certificate: vendorgate.yaml, key: vendorgate.yaml}}",
    "issuer-private": "version: 1\nidentity: {issuers: [{name: a, issuer: http://10.0.0.1, audience: g, allow_private: true}]}",
    "issuer-all": "version: 1\n" + issuer(", algorithms: [ES256, EdDSA], kind: agent, groups_claim: roles, jwks: vendorgate.yaml"),
    "jwks-query": "version: 1\n" + issuer(', jwks: "https://ci.example/keys?p=a"'),
    "issuer-twice-by-require": "version: 1\nidentity: {issuers: [{name: a, issuer: https://x.example, audience: g, require: {b: c}},"
    " {name: b, issuer: https://x.example, audience: g}]}",
    "require-typed": "version: 1\n" + issuer(', require: {a: true, b: 7, c: "1.10"}'),
    "alias": "version: 1\nrules:\n  - {id: a, effect: deny, who: &w [group:a]}\n  - {id: b, effect: deny, who: *w}",
    "base-v6": "version: 1\n" + base('"https://[2606:4700::1111]:8443/a"'),
    "base-private": "version: 1\n" + base("http://10.0.0.1:8000/a/\n    allow_private: true"),
    "base-of-the-catalogue": "version: 1\n" + vendor("timeout: 250ms"),
    "rule-all": "version: 1\n" + rule("effect: allow, mode: enforce, who: [group:a, 'kind:*'], call: [access:read], message: no"
                                      "pe, when: 'true'"),
    "masks": 'version: 1\nmasking: {record: [card], response: {detect: [email], fields: ["*: **.email"]}}',
    "sizes": "version: 1\nlimits: {body: 123456, header: 64KiB, capture: 0, connections: 10, total_timeout: 1d}",
}  # fmt: skip


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_controls_next_to_the_broken_ones_load(tmp_path, text):
    load(tmp_path, text)
