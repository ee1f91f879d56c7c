"""What secrets look like: tables of patterns, compiled once. Forms are the providers' published ones.

Each rule has needles: plain strings of which one must occur before its regular expression is tried.
That keeps a text without any of them at a few dozen substring searches (~30 µs for 2,000 characters).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# (rule, literal beginning, what follows). A beginning is also what hold_back watches for.
PREFIXED: tuple[tuple[str, str, str], ...] = (
    *(("github token", f"gh{kind}_", r"[A-Za-z0-9]{20,255}") for kind in "pousr"),
    ("github token", "github_pat_", r"[A-Za-z0-9_]{20,255}"),
    *(
        ("gitlab token", f"gl{kind}-", r"[A-Za-z0-9_.=\-]{20,300}")
        for kind in ("pat", "ptt", "dt", "rt", "cbt", "ft", "soat", "agent", "oas", "imt")
    ),
    *(
        ("aws key", prefix, r"[A-Z0-9]{16}(?![A-Za-z0-9])")
        for prefix in ("AKIA", "ASIA", "AGPA", "AIDA", "AROA", "AIPA", "ANPA", "ANVA", "ABIA", "ACCA")
    ),
    ("google key", "AIza", r"[\w\-]{35}"),
    ("google token", "GOCSPX-", r"[\w\-]{20,}"),
    ("google token", "ya29.", r"[\w\-.]{20,}"),
    ("google token", "1//0", r"[\w\-]{30,}"),
    *(("slack token", f"xox{kind}-", r"[A-Za-z0-9\-]{10,}") for kind in "abceoprs"),
    ("slack token", "xapp-", r"[0-9]-[A-Za-z0-9\-]{10,}"),
    ("slack webhook", "hooks.slack.com/services/", r"[A-Za-z0-9/_\-]{16,}"),
    *(
        ("stripe key", f"{kind}k_{mode}_", r"[A-Za-z0-9]{12,}")
        for kind in ("s", "r")
        for mode in ("live", "test", "prod")
    ),
    ("webhook secret", "whsec_", r"[A-Za-z0-9+/=]{16,}"),
    ("api key", "sk-", r"(?=[\w\-]*[0-9])[\w\-]{20,}"),
    ("npm token", "npm_", r"[A-Za-z0-9]{30,}"),
    ("pypi token", "pypi-", r"[A-Za-z0-9_\-]{40,}"),
    ("jwt", "eyJ", r"[\w\-]{8,}\.[\w\-]{4,}(?:\.[\w\-]*){0,3}"),
    ("twilio key", "SK", r"[0-9a-f]{32}(?![A-Za-z0-9])"),
    ("twilio key", "AC", r"[0-9a-f]{32}(?![A-Za-z0-9])"),
    ("sendgrid key", "SG.", r"[\w\-]{16,}\.[\w\-]{16,}"),
    ("discord token", "mfa.", r"[\w\-]{60,}"),
    ("discord webhook", "/api/webhooks/", r"[0-9]{10,}/[\w\-]{20,}"),
    ("azure key", "AccountKey=", r"[A-Za-z0-9+/=]{20,}"),
    ("azure key", "SharedAccessKey=", r"[A-Za-z0-9+/=]{20,}"),
    ("hugging face token", "hf_", r"[A-Za-z0-9]{30,}"),
    *(("digitalocean token", f"do{kind}_v1_", r"[a-f0-9]{40,}") for kind in "opr"),
    *(("shopify token", f"shp{kind}_", r"[a-fA-F0-9]{32}") for kind in ("at", "ca", "pa", "ss")),
    ("square token", "sq0", r"[a-z]{3}-[\w\-]{20,}"),
    ("mailgun key", "key-", r"[0-9a-f]{32}(?![A-Za-z0-9])"),
    ("linear key", "lin_api_", r"[A-Za-z0-9]{32,}"),
    ("notion token", "secret_", r"[A-Za-z0-9]{40,}"),
    ("notion token", "ntn_", r"[A-Za-z0-9]{40,}"),
    ("dropbox token", "sl.", r"[\w\-]{60,}"),
    ("databricks token", "dapi", r"[0-9a-f]{32}"),
    ("doppler token", "dp.pt.", r"[A-Za-z0-9]{40,}"),
    ("grafana token", "glsa_", r"[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"),
    ("grafana token", "glc_", r"[A-Za-z0-9+/=]{32,}"),
    ("heroku key", "HRKU-", r"[\w\-]{30,}"),
    ("vault token", "hvs.", r"[\w\-]{24,}"),
    ("vault token", "hvb.", r"[\w\-]{24,}"),
    ("terraform token", ".atlasv1.", r"[\w\-]{40,}"),
    ("planetscale token", "pscale_", r"[a-z]{2,8}_[\w\-.]{32,}"),
    ("postman key", "PMAK-", r"[a-f0-9\-]{40,}"),
    ("rubygems key", "rubygems_", r"[a-f0-9]{40,}"),
    ("crates.io token", "cio", r"[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    ("docker token", "dckr_pat_", r"[\w\-]{20,}"),
    ("age key", "AGE-SECRET-KEY-1", r"[A-Z0-9]{50,}"),
    ("replicate token", "r8_", r"[A-Za-z0-9]{32,}"),
    ("api key", "pplx-", r"[A-Za-z0-9]{32,}"),
    ("api key", "gsk_", r"[A-Za-z0-9]{32,}"),
    ("api key", "xai-", r"[A-Za-z0-9]{32,}"),
    ("figma token", "figd_", r"[\w\-]{30,}"),
    ("sentry token", "sntrys_", r"[\w+/=\-]{40,}"),
    ("new relic key", "NRAK-", r"[A-Z0-9]{20,}"),
    ("atlassian token", "ATATT3", r"[\w=\-]{40,}"),
    ("facebook token", "EAACEdEose0cBA", r"[A-Za-z0-9]{10,}"),
    ("tailscale key", "tskey-", r"[A-Za-z0-9\-]{20,}"),
    ("fly token", "fm2_", r"[A-Za-z0-9+/=]{30,}"),
    ("supabase key", "sbp_", r"[a-f0-9]{32,}"),
    ("supabase key", "sb_secret_", r"[\w\-]{20,}"),
    ("wallet key", "xprv", r"[1-9A-HJ-NP-Za-km-z]{80,}"),
)

# Beginnings this short also end ordinary words ("task-", "ski.SG."): they need a boundary before them.
SHORT_PREFIX = 3


@dataclass(frozen=True)
class Rule:
    """One kind of secret. Group ``s`` of ``pattern``, or else the whole match, is taken out.

    Without one of ``needles`` in the text the pattern is not tried.
    """

    name: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]


def _prefixed(name: str, prefix: str, tail: str) -> Rule:
    boundary = r"(?<![A-Za-z0-9])" if len(prefix) <= SHORT_PREFIX else ""
    return Rule(name, (prefix,), re.compile(boundary + re.escape(prefix) + tail, re.ASCII))


# Words for "password". Strong ones are used for nothing else; weak ones need a value that looks like a secret.
STRONG = (
    "password", "passwort", "passwd", "passcode", "passphrase", "pass phrase", "kennwort", "kennung-pin", "pwd",
    "passe", "mdp", "contraseña", "contrasena", "senha", "parola d'ordine", "wachtwoord",
    "hasło", "haslo", "пароль", "heslo", "lösenord", "losenord", "passord", "adgangskode", "kodeord", "salasana",
    "şifre", "sifre", "parola", "parolă", "jelszó", "jelszo", "κωδικός πρόσβασης", "密码", "密碼", "口令",
    "パスワード", "비밀번호", "암호", "كلمة المرور", "كلمة السر", "סיסמה", "पासवर्ड", "mật khẩu", "sandi",
    "รหัสผ่าน", "parool", "slaptažodis", "lozinka", "лозинка", "парола",
)  # fmt: skip
WEAK = ("pass", "pw", "clave", "pin", "geslo", "kod dostępu")
KEYED = (
    "secret", "token", "apikey", "api key", "api_key", "api-key", "access key", "access_key", "access-key",
    "accesskey", "secret key", "secret_key", "secretkey", "private key", "private_key", "auth key", "auth_key",
    "client_secret", "x-amz-signature", "sessionid", "session_id", "signature", "sig=", "encryption_key",
    "encryption key", "consumer_key", "license key", "license_key",
)  # fmt: skip
PHRASE = (
    "seed phrase", "recovery phrase", "mnemonic", "seed words", "recovery words", "secret phrase", "backup phrase",
    "passphrase", "pass phrase", "recovery key", "recovery code", "backup code",
)  # fmt: skip


def _starts(*words: str) -> tuple[str, ...]:
    """The words without those that begin with another one: one search fits all of them."""
    return tuple(w for w in dict.fromkeys(words) if not any(w.startswith(v) for v in words if v != w))


def any_of(words: tuple[str, ...]) -> str:
    """The words as one alternation, the longest first, blanks as any short run of blanks."""
    return "|".join(re.escape(w).replace(r"\ ", r"[ \t_-]{1,2}") for w in sorted(words, key=len, reverse=True))


# Between the word and the value: quotes, brackets, then a colon, an equals sign, an arrow, or a word for "is".
IS = r"is|was|ist|lautet|est|es|é|è|to|это|jest|är|er|on|je|是|为|為|は|是：|は："
FOR = r"(?:[ \t]+(?:for|of|on|to|für|pour|para|per|do|для|voor)[ \t]+[^\s:=]{1,60}(?:[ \t]+[^\s:=\[]{1,40})?)?"
SIGN = r"[ \t]*(?::=|=>|=(?!=)|:(?!:)|：|＝|->|→)[ \t]*\n?[ \t]*"
SEP = rf"(?:{SIGN}|[ \t]+(?:{IS})[ \t]*:?[ \t]+|[ \t]*(?:是|为|為|は)[ \t]*)"
AFTER = r"""["'`\])*]{0,3}"""
# Code and placeholders after an equals sign are no secrets: calls, types, variables, masks.
NO_VALUE = (
    r"(?!\[redacted:)(?!=)(?![A-Za-z_][\w.]*[(\[])(?!\$\{?\w|\{\{|%\w|<[\w -]+>|[*•●.…_x]{3,}(?:\s|$))"
    r"(?!(?:str|string|String|None|null|nil|true|false|True|False|undefined|bytes|SecretStr|Optional|any|text|int|"
    r"required|optional|varchar|self|this|self\.\S+|this\.\S+)(?:[\s,;)|\]&}]|$))"
)
QUOTED = r"""(?:"(?:[^"\n\\]|\\.){1,300}"?|'(?:[^'\n\\]|\\.){1,300}'?|`[^`\n]{1,300}`?)"""
FOUR_BY_FOUR = r"(?:[a-z]{4}[ -]){3}[a-z]{4}(?![a-z])"
STRONG_VALUE = rf"(?P<s>{FOUR_BY_FOUR}|{QUOTED}|[^\s\"'`]\S{{2,299}})"
# A word that may follow "password is …" in plain prose.
PROSE = (
    r"(?!(?:wrong|required|not|too|in|on|at|a|an|the|my|your|our|their|his|her|of|for|from|with|by|as|to|and|or|"
    r"empty|weak|strong|invalid|incorrect|correct|valid|secure|unsafe|safe|what|why|how|when|where|which|that|this|"
    r"now|also|only|still|always|never|very|quite|really|there|here|ok|okay|good|bad|short|long|gone|out|up|set|"
    r"reset|lost|found|stolen|same|new|old|easy|hard|simple|shown|hidden|kept|sent|known|unknown|mandatory|necessary|needed|it|you|we|they|I|one|something|different|"
    r"falsch|richtig|leer|nicht|incorrecte|incorrecta|obligatoire|[a-z]{3,}(?:ed|ing|ly))[.,;:!?)\"']*(?:\s|\Z))"
)

LONG_WORDS: tuple[Rule, ...] = (
    Rule("telegram token", (":AA",), re.compile(r"(?<!\d)\d{8,10}:AA[\w\-]{32,33}", re.ASCII)),
    Rule(
        "discord token",
        (".",),
        re.compile(r"(?<![\w\-])[MNO][A-Za-z\d_\-]{22,27}\.[\w\-]{6}\.[\w\-]{27,40}", re.ASCII),
    ),
    Rule("azure key", ("Q~",), re.compile(r"[\w.~\-]{3}[78]Q~[\w.~\-]{31,34}", re.ASCII)),
    Rule("mailchimp key", ("-us",), re.compile(r"(?<![A-Za-z0-9])[0-9a-f]{32}-us[0-9]{1,2}(?![0-9])")),
    Rule(
        "wallet key", ("5", "K", "L"),
        re.compile(r"(?<![A-Za-z0-9])[5KL](?=[A-Za-z]*[1-9])[1-9A-HJ-NP-Za-km-z]{50,51}(?![A-Za-z0-9/+=])"),
    ),
)  # fmt: skip

CASED: tuple[Rule, ...] = (
    Rule(
        "private key",
        ("PRIVATE KEY",),
        re.compile(
            r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?[ \-]{0,6}(?s:.*?)-{4,5} ?END [A-Z0-9 ]{0,60}-{0,5}"
        ),
    ),
    # An open block keeps its header, so that lines which are joined to it later are known for what they are.
    Rule(
        "private key",
        ("PRIVATE KEY",),
        re.compile(
            r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?[ \-]{0,6}(?P<s>(?:(?!-{4,5} ?END )(?s:.))+)\Z"
        ),
    ),
    Rule("private key", ("Private-Lines",), re.compile(r"Private-Lines: [0-9]+\s+(?P<s>[A-Za-z0-9+/=\s]{1,4000})")),
    Rule("url password", ("://",), re.compile(r"://[^\s/:@]{0,120}:(?P<s>(?!\[redacted:)[^\s/]{1,200})@(?=[\w\[.])")),
    Rule(
        "url secret",
        ("=",),
        re.compile(
            r"[?&#;](?i:[\w\-]{0,30}(?:token|api_?key|access_?key|sig|signature|auth|secret|passwd|password))="
            r"(?P<s>(?!\[redacted:)[^&\s#]{6,})"
        ),
    ),
    Rule("password", ("sshpass",), re.compile(r"\bsshpass[ \t]+-p[ \t]*(?P<s>(?!\[redacted:)\S{3,})")),
    Rule("password", ("mysql", "mariadb"), re.compile(r"\b(?:mysql|mariadb)\w*\b[^\n]{0,80}?\s-p(?P<s>[^\s\[]\S{2,})")),
    Rule(
        "password", ("-u ", "--user", "-U "),
        re.compile(
            r"(?:^|\s)(?:-u|-U|--user|--proxy-user)[ =][\"']?[^\s:\"'/]{1,80}:"
            r"(?P<s>(?!\[redacted:)[^\s/\"'][^\s\"']{2,})"
        ),
    ),
    Rule("g code", ("G-",), re.compile(r"(?<![\w\-])G-[0-9]{6}(?![\w])")),
)  # fmt: skip

FOLDED: tuple[Rule, ...] = (
    Rule(
        "authorization",
        ("bearer", "authorization"),
        re.compile(
            r"(?i)\b(?:authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:basic|bearer|token|digest|apikey|bot)?|bearer)"
            r"[ \t]{1,3}(?P<s>(?!\[redacted:)(?=[^\s\"']*(?:[0-9=_+/]|(?-i:[a-z][A-Z])))[^\s\"',]{8,})"
        ),
    ),
    Rule(
        "session cookie",
        ("sess", "sid", "csrf"),
        re.compile(r"(?i)(?:session|sessid|sess|sid|csrf)[\w\-]{0,20}=(?P<s>(?=[^\s;]*\d)[\w%.+/\-]{16,})"),
    ),
    Rule(
        "password", ("identified",),
        re.compile(r"(?i)\bidentified\s+(?:with\s+\w+\s+)?by[ \t]+(?P<s>(?!'?\[redacted:)'[^'\n]{1,200}'?)"),
    ),
    Rule("password", ("login ",), re.compile(r"(?i)\blogin\s+\S{1,120}[ \t]+password[ \t]+(?P<s>(?!\[redacted:)\S+)")),
    Rule(
        "password",
        _starts("pass", "sandi", *STRONG),
        re.compile(
            rf"(?i:{any_of(STRONG)}){AFTER}(?i:{FOR})"
            rf"(?:{SIGN}{NO_VALUE}|[ \t]*(?:是|为|為|は)[ \t]*{NO_VALUE}|"
            rf"[ \t]+(?i:{IS})[ \t]*:?[ \t]+(?i:{PROSE}){NO_VALUE}|"
            rf"[ \t]+(?=[\"']){NO_VALUE}|(?<=--password)[ \t]+{NO_VALUE}|"
            rf"[ \t]+(?=\S*[0-9])(?=\S*[^\W\d_])(?=\S{{6}})(?![A-Za-z_][\w.]*[(\[]){NO_VALUE})"
            rf"{STRONG_VALUE}"
        ),
    ),
    Rule(
        "password",
        _starts(*WEAK),
        re.compile(
            rf"(?<![^\W_])(?i:{any_of(WEAK)}){AFTER}{SEP}{NO_VALUE}"
            r"(?P<s>(?=\S*[0-9])(?=\S{4})[^\s]{4,200}|(?<=[A-Za-z]=)[^\s]{4,200})"
        ),
    ),
    Rule(
        "secret",
        _starts("api", "access", "auth", "sess", *KEYED),
        re.compile(
            rf"(?i:{any_of(KEYED)})\w{{0,20}}{AFTER}(?:{SEP}|[ \t]+)[\"'`]?(?!\[redacted:)"
            r"(?P<s>(?=[\w+/.=~\-]{0,60}[0-9])(?=[\w+/.=~\-]{0,60}[A-Za-z])[\w+/.=~\-]{12,})(?![\w.]*[(\[])"
        ),
    ),
    Rule(
        "recovery phrase",
        _starts("pass", "seed", "recovery", "backup", *PHRASE),
        re.compile(rf"(?i:{any_of(PHRASE)})(?i:e?s)?{AFTER}{SEP}{NO_VALUE}(?P<s>(?=\S)[^\n]{{3,400}})"),
    ),
)  # fmt: skip

CODE_WORDS = ("code", "codice", "codigo", "código", "otp", "2fa", "mfa", "tan", "pin", "kod", "код", "验证码", "驗證碼",
              "確認コード", "認証コード", "인증번호", "cvv", "cvc", "csc", "passcode")  # fmt: skip
CODE_AFTER = re.compile(
    r"(?i)(?:(?:verification|security|confirmation|access|login|log-in|sign-in|signin|one[- ]time|auth\w*|sms|bank\w*|"
    r"bestätigungs|sicherheits|zugangs|weryfikacyjny|potwierdzający|2fa|mfa|google|whatsapp|e-?mail|"
    r"de vérification|de verificación|de verificação|di verifica)[ -]?(?:code|codice|código|kod|pin|passcode)|"
    r"(?:code|código|codigo|codice|kod|код)[ -](?:de vérification|de verificación|de verificação|di verifica|"
    r"weryfikacyjny|подтверждения)|\b(?:otp|totp|2fa|mfa|tan|pin|cvv2?|cvc2?|csc)\b|验证码|驗證碼|確認コード|認証コード|"
    r"인증번호)[^\n\d]{0,16}\Z"
)
"""What stands before a one-time code of 3 to 8 digits."""
CODE_AFTER_BARE = re.compile(
    r"(?i)(?<!zip )(?<!postal )(?<!error )(?<!status )(?<!exit )(?<!area )(?<!country )(?<!color )(?<!post )"
    r"(?<!source )\b(?:code|código|kod|код)\b(?:[ \t]*[:=][ \t]*|[ \t]+(?:is|ist|est|es|to|это)[ \t]*:?[ \t]*|[ \t]+)\Z"
)
"""What stands before one of exactly six digits."""
CODE_BEFORE = re.compile(
    r"(?i)[ \t]+(?:is your|est votre|ist (?:ihr|dein)|es tu|es su)\b[^\n]{0,40}?(?:code|otp|pin|código|password)"
)
"""What stands behind one."""

# The shortest token of the tables: "xoxb-" and ten more.
SHORTEST_TOKEN = 15


TOKENS: tuple[Rule, ...] = (*(_prefixed(*row) for row in PREFIXED), *LONG_WORDS)
"""Found only in unbroken runs of at least SHORTEST_TOKEN characters."""
VALUE_STEMS = _starts("pass", "key", "phrase", "sess", "-u ", "--user", "-p", "identified", "authorization", "bearer",
                     "cookie", *STRONG, *WEAK, *KEYED, *PHRASE)  # fmt: skip
"""In lower case: one of these must occur before a value can follow."""
PREFIXES: tuple[str, ...] = tuple(row[1] for row in PREFIXED)
