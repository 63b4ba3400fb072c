"""What a secret looks like: the names that hold one, the values that are one, and what only seems so."""

from __future__ import annotations

import re

ENDINGS = {
    "password": "password", "passwd": "password", "passphrase": "password", "passcode": "password",
    "pwd": "password", "passwordhash": "password",
    "secret": "secret", "secretstring": "secret", "secretbinary": "secret", "secretvalue": "secret",
    "token": "token",
    "apikey": "api_key", "accountkey": "api_key", "accesskey": "api_key", "secretkey": "secret",
    "sharedkey": "api_key", "subscriptionkey": "api_key",
    "privatekey": "private_key", "keymaterial": "private_key",
    "connectionstring": "connection_string",
    "credential": "credential", "authorization": "authorization",
    "userdata": "user_data",
}
"""The end of a name, in lower case without separators, trailing digits and plural s, and its rule."""

NOT_SECRET = (
    "nexttoken", "clienttoken", "requesttoken", "continuationtoken", "idempotencytoken", "paginationtoken",
    "httptoken", "locktoken", "synctoken", "changetoken", "pagetoken",
)
"""Names that end like a secret's: tokens of paging and of repeated requests, and the setting of IMDSv2."""

PAIR_NAMES = frozenset({
    "name", "key", "parametername", "parameterkey", "optionname", "setting", "settingname", "variable", "tagkey",
})
PAIR_VALUES = frozenset({
    "value", "parametervalue", "optionvalue", "settingvalue", "defaultvalue", "stringvalue", "tagvalue",
})
"""`{"Key": "DB_PASSWORD", "Value": …}`: the value of one key is named by the value of the other."""

ENVIRONMENT = frozenset({"environmentvariables", "envvars", "env"})
"""Names of containers of which every value is masked; so are `environment.variables` and lists in `environment`."""

_SIGNS = (
    "pass[^a-z0-9]?(?:word|wd|phrase|code)|pwd|secret|token|(?:api|account|access|shared|subscription|private)"
    "[^a-z0-9]?key|secret[^a-z0-9]?(?:string|binary|value|key)|password[^a-z0-9]?hash|key[^a-z0-9]?material"
    "|connection[^a-z0-9]?string|credential|authorization|user[^a-z0-9]?data"
    "|environment[^a-z0-9]?variable|env[^a-z0-9]?var|environment|env"
)

SIGNS = (
    rf"(?i:(?:{_SIGNS})s?[0-9]*[^a-z0-9_.-])|(?i:\b(?:bearer|basic)\s)|PRIVATE KEY|eyJ[A-Za-z0-9_-]{{8}}"
    r"|://[^/\s\"@]*:[^/\s\"@]*@|A[KS]IA[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20}|github_pat_|glpat-|xox[a-z]-"
    r"|[sr]k_live_|AIza[A-Za-z0-9_-]{30}|SG\.[A-Za-z0-9_-]{16}|npm_[A-Za-z0-9]{30}|hooks\.slack\.com/"
    r"|ya29\.|(?i:[?&](?:sig|x-amz-signature)=)"
)
"""One expression that finds every line in which a rule below could find something; it may find more."""

_NAMED = r"[\w.-]*(?:pass(?:word|wd|phrase)|pwd|secret|token|(?:api|account|access|secret|private)[_-]?key|accountkey)"
VALUES: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (rule, re.compile(pattern, flags), replacement)
    for rule, pattern, flags, replacement in (
        ("private_key", r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----.*?(-----END [A-Z0-9 ]*KEY( BLOCK)?-----|\Z)",
         re.DOTALL, "{mask}"),
        ("jwt", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", 0, "{mask}"),
        ("url_password", r"(\b[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@\"]*:)(?!\[masked:)[^/\s@\"]+@", 0, r"\g<1>{mask}@"),
        ("api_token", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}"
         r"|[sr]k_live_\w{16,}|AIza[\w-]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|npm_[A-Za-z0-9]{30,}|ya29\.[\w-]{16,})",
         0, "{mask}"),
        ("webhook", r"(hooks\.slack\.com/(?:services|workflows)/)(?!\[masked:)[\w/-]+", 0, r"\g<1>{mask}"),
        ("authorization", r"(\b(?:bearer|basic)\s+)(?!\[masked:)[A-Za-z0-9._~+/=-]{16,}", re.IGNORECASE, r"\g<1>{mask}"),
        ("signature", r"([?&](?:sig|x-amz-signature)=)(?!\[masked:)[^&\s\"]+", re.IGNORECASE, r"\g<1>{mask}"),
        ("assignment", rf"(?<![\w.-])({_NAMED}s?\d*\s*=\s*)(?!\[masked:|\$|arn:|\{{)([\"']?)[^\s;,&\"']+\2", re.IGNORECASE,
         r"\g<1>{mask}"),
    )
)
"""(rule, what it finds within a text, what stands there instead), in this order."""

AWS_KEY = re.compile(r"(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])")
KEY_IDS = ("id", "accesskey", "accesskeyid", "arn", "resource", "resourcename", "username", "principal", "user")
"""Names under which an access key's id is an identifier that the evidence is about, not half of a secret."""

_EXEMPT = re.compile(
    r"\s*|\[masked:.*|arn:.*|\*+|\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?"
    r"|\{\{resolve:.*|\$[({].*|projects/[^/]+/secrets/.*|https?://[^?@\s]*"
    r"|true|false|yes|no|none|null|n/a|not_supported|no_information|enabled|disabled|active|inactive"
    r"|required|optional|default|expired|unknown|never",
    re.IGNORECASE | re.DOTALL,
)


def normal(name: str) -> str:
    """Return a name in lower case with nothing but letters and digits."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def ending(name: str) -> str:
    """Return a normal name without trailing digits and plural s."""
    bare = normal(name).rstrip("0123456789")
    return bare.removesuffix("s")


def secret_name(name: str, extra: frozenset[str]) -> str:
    """Return the rule by which a name holds a secret, or ''."""
    bare = ending(name)
    if any(bare.endswith(one) for one in NOT_SECRET):
        return ""
    if any(bare.endswith(one) for one in extra):
        return "configured"
    return next((rule for end, rule in ENDINGS.items() if bare.endswith(end)), "")


def exempt(value: str) -> bool:
    """Return whether a text is no secret whatever its name: a date, an ARN, a reference, a switch, nothing."""
    return _EXEMPT.fullmatch(value) is not None


def names_key(name: str) -> bool:
    """Return whether an access key's id may stand under this name."""
    return normal(name).endswith(KEY_IDS)
