"""What a secret looks like: the names that hold one, the values that are one, and what only seems so."""

from __future__ import annotations

import re
from functools import lru_cache

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



def _not_after(words: tuple[str, ...]) -> str:
    """Return an expression for the character before a name, unless one of the words ends there.

    Rust's expressions look at nothing behind them, so each way not to spell a word is written out.
    """
    ends = {word[at:] for word in words for at in range(len(word))}
    ways = []
    for end in ("", *sorted(ends - set(words))):
        stops = {longer[0] for longer in ends if longer[1:] == end}
        ways.append("[" + "".join(sorted(set(_BEFORE) - stops)) + "]" + end)
    return "(?:" + "|".join(ways) + ")"


_BEFORE = "abcdefghijklmnopqrstuvwxyz0123456789_\"'. $/"
_TOKEN = _not_after(("http", "client", "next", "request")) + "token"
_GAP = "[_. -]?"  # no more than this: the automaton must stay small to be fast
_NAMES = (
    f"pass{_GAP}(?:word|wd|phrase|code)|pwd|secret|{_TOKEN}|(?:api|account|access|shared|subscription|private){_GAP}key"
    f"|key{_GAP}material|connection{_GAP}string|credential|authorization|user{_GAP}data"
    f"|environment{_GAP}variable|env{_GAP}var"
    f"|secret{_GAP}(?:string|binary|value|key)|pass{_GAP}word{_GAP}hash"
)
TAIL = r"[_. -]?s?[_. -]?[0-9]*[\"\\'=: ]"
"""What may stand between the end of a name and its value in a line: plural, number, quote or sign."""
VALUE_SIGNS = (
    r"(?i-u:(?:bearer|basic)[ \t\\])|PRIVATE KEY|eyJ[A-Za-z0-9_-]{8}|://[^/ \"@]*:[^/ \"@]*@|A[KS]IA[A-Z0-9]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{20}|github_pat_|glpat-|xox[a-z]-|[sr]k_live_|AIza[A-Za-z0-9_-]{30}"
    r"|SG\.[A-Za-z0-9_-]{16}|npm_[A-Za-z0-9]{30}|hooks\.slack\.com/|ya29\.|(?i-u:[?&](?:sig|x-amz-signature)=)"
    r"|(?i-u:(?:pass(?:word|wd|phrase)|pwd|secret|token|key)s?[0-9]*[ \t]*=)"
)
"""One expression that finds every text in which one of `VALUES` could find something."""
SIGNS = (
    rf"(?i-u:(?:{_NAMES}){TAIL})|(?i-u:env(?:ironment)?\\*\"[ \t]*:[ \t]*[\[{{])|{VALUE_SIGNS}"
)
"""One expression that finds every line in which a rule below could find something; it may find more."""

_NAMED = r"[\w.-]*(?:pass(?:word|wd|phrase)|pwd|secret|token|(?:api|account|access|secret|private)[_-]?key)"
_TOKENS = (
    r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}|[sr]k_live_\w{16,}"
    r"|AIza[\w-]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|npm_[A-Za-z0-9]{30,}|ya29\.[\w-]{16,}"
)
_PEM = r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----.*?(-----END [A-Z0-9 ]*KEY( BLOCK)?-----|\Z)"
_ASSIGNED = r"(?!\[masked:|\$|arn:|\{)(?:\"[^\"]*\"|'[^']*'|[^\s;,&\"']+)"
VALUES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("private_key", re.compile(_PEM, re.DOTALL), "{mask}"),
    ("jwt", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"), "{mask}"),
    ("url_password", re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@\"]*:)(?!\[masked:)[^/\s@\"]+@"), r"\1{mask}@"),
    ("api_token", re.compile(rf"\b(?:{_TOKENS})"), "{mask}"),
    ("webhook", re.compile(r"(hooks\.slack\.com/(?:services|workflows)/)(?!\[masked:)[\w/-]+"), r"\1{mask}"),
    ("authorization", re.compile(r"(\b(?:bearer|basic)\s+)(?!\[masked:)[\w.~+/=-]{16,}", re.IGNORECASE), r"\1{mask}"),
    ("signature", re.compile(r"([?&](?:sig|x-amz-signature)=)(?!\[masked:)[^&\s\"]+", re.IGNORECASE), r"\1{mask}"),
    ("assignment", re.compile(rf"(?<![\w.-])({_NAMED}s?\d*\s*=\s*){_ASSIGNED}", re.IGNORECASE), r"\1{mask}"),
)
"""(rule, what it finds within a text, what stands there instead), in this order."""

AWS_KEY = re.compile(r"(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])")
KEY_IDS = ("id", "accesskey", "accesskeyid", "arn", "resource", "resourcename", "username", "principal", "user")
"""Names under which an access key's id is an identifier that the evidence is about, not half of a secret."""

CACHED = 8192
"""Names repeat from record to record."""

_EXEMPT = re.compile(
    r"\s*|\[masked:.*|arn:.*|\*+|\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?"
    r"|\{\{resolve:.*|\$[({].*|projects/[^/]+/secrets/.*|https?://[^?@\s]*"
    r"|true|false|yes|no|none|null|n/a|not_supported|no_information|enabled|disabled|active|inactive"
    r"|required|optional|default|expired|unknown|never",
    re.IGNORECASE | re.DOTALL,
)


@lru_cache(maxsize=CACHED)
def normal(name: str) -> str:
    """Return a name in lower case with nothing but letters and digits."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@lru_cache(maxsize=CACHED)
def ending(name: str) -> str:
    """Return a normal name without trailing digits and plural s."""
    bare = normal(name).rstrip("0123456789")
    return bare.removesuffix("s")


@lru_cache(maxsize=CACHED)
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


@lru_cache(maxsize=CACHED)
def names_key(name: str) -> bool:
    """Return whether an access key's id may stand under this name."""
    return normal(name).endswith(KEY_IDS)
