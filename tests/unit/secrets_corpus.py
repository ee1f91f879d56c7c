"""Made-up secrets of valid form, each inside the text in which it would appear. None was ever in use.

Built from a seed, in pieces, so that no scanner mistakes this file for a leak.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass

_RANDOM = random.Random(20260101)
_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_URL = _ALNUM + "-_"
_PER_TOKEN = 3


@dataclass(frozen=True)
class Secret:
    """``secret`` is what must not be stored; ``text`` shows it as typed, pasted or in a window title."""

    kind: str
    secret: str
    text: str
    constant: int = 0
    """So many characters at its beginning are public (a provider's prefix)."""


def _some(alphabet: str, length: int) -> str:
    return "".join(_RANDOM.choice(alphabet) for _ in range(length))


# kind, prefix, alphabet, length of the rest
_TOKENS = (
    *(("github", f"gh{k}_", _ALNUM, 36) for k in "pousr"),
    ("github", "github" + "_pat_", _ALNUM, 22 + 59),
    *(("gitlab", f"gl{k}-", _URL, 20) for k in ("pat", "dt", "rt", "ptt", "ft")),
    *(("aws", prefix, string.ascii_uppercase + "234567", 16) for prefix in ("AK" + "IA", "AS" + "IA")),
    ("google", "AI" + "za", _URL, 35),
    ("google", "GOC" + "SPX-", _URL, 28),
    ("google", "ya" + "29.", _URL, 60),
    *(("slack", f"xox{k}-", string.digits, 11) for k in "bpar"),
    ("slack", "xapp" + "-1-", _ALNUM, 40),
    *(("stripe", f"{k}_live_", _ALNUM, 24) for k in ("sk", "rk")),
    ("stripe", "sk" + "_test_", _ALNUM, 24),
    ("stripe", "wh" + "sec_", _ALNUM, 32),
    ("openai", "sk" + "-", _ALNUM, 48),
    ("openai", "sk" + "-proj-", _ALNUM, 60),
    ("anthropic", "sk" + "-ant-api03-", _URL, 90),
    ("npm", "npm" + "_", _ALNUM, 36),
    ("pypi", "py" + "pi-AgEIcHlwaS5vcmc", _URL, 90),
    ("twilio", "S" + "K", _HEX, 32),
    ("sendgrid", "S" + "G.", _ALNUM, 22),
    ("hugging face", "hf" + "_", _ALNUM, 34),
    ("digitalocean", "dop" + "_v1_", _HEX, 64),
    ("shopify", "shp" + "at_", _HEX, 32),
    ("mailgun", "ke" + "y-", _HEX, 32),
    ("linear", "lin" + "_api_", _ALNUM, 40),
    ("databricks", "da" + "pi", _HEX, 32),
    ("grafana", "glc" + "_", _ALNUM, 48),
    ("vault", "hv" + "s.", _ALNUM, 24),
    ("docker", "dckr" + "_pat_", _ALNUM, 27),
    ("replicate", "r8" + "_", _ALNUM, 37),
    ("figma", "fi" + "gd_", _ALNUM, 40),
    ("postman", "PM" + "AK-", _HEX, 58),
    ("rubygems", "ruby" + "gems_", _HEX, 48),
    ("supabase", "sb" + "p_", _HEX, 40),
    ("tailscale", "ts" + "key-auth-", _ALNUM, 30),
    ("planetscale", "pscale" + "_tkn_", _ALNUM, 43),
)
_SETTINGS = ("{}", "token is {} ok", "export API_TOKEN={}", "{} - Settings - Chromium", "curl -H 'X-Key: {}' x.io")


def _tokens() -> Iterator[Secret]:
    for number, (kind, prefix, alphabet, length) in enumerate(_TOKENS):
        for turn in range(_PER_TOKEN):
            rest = _some(alphabet, length)
            if kind == "sendgrid":
                rest += "." + _some(_URL, 43)
            if kind == "slack" and alphabet == string.digits:
                rest += "-" + _some(string.digits, 12) + "-" + _some(_ALNUM, 24)
            text = _SETTINGS[(number + turn) % len(_SETTINGS)].format(prefix + rest)
            yield Secret(kind, prefix + rest, text, len(prefix))


def luhn_digit(digits: str) -> str:
    total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(reversed(digits)))
    return str(-total % 10)


def _cards() -> Iterator[Secret]:
    shapes = (
        ("4", 16),
        ("51", 16),
        ("2221", 16),
        ("34", 15),
        ("37", 15),
        ("6011", 16),
        ("36", 14),
        ("35", 16),
        ("62", 19),
    )
    settings = ("{}", "card {} 12/29", "my number is {}, thanks", "Pay with {} - Shop", "no.{}\n")
    for prefix, length in shapes:
        for turn in range(4):
            body = prefix + _some(string.digits, length - 1 - len(prefix))
            plain = body + luhn_digit(body)
            sep = ("", " ", "-", " ")[turn]
            shown = sep.join(plain[i : i + 4] for i in range(0, length, 4)) if sep else plain
            yield Secret("card", shown, settings[(turn + length) % len(settings)].format(shown))


_PASSWORDS = (
    "hunter2", "Tr0ub4dor&3", "mackerel", "correct-horse", "s3cr3t!pass", "qwertz99", "P@ssw0rd!", "łódka2024",
    "Winter2026!", "letmein!", "x9#kL2$mQ", "geheim!7", "пароль123", "aaaa1111", "iloveyou7", "dragon", "monkey!!",
    "Zx9_plum-tree", "a1b2c3d4", "open$esame",
)  # fmt: skip
_PASSWORD_TEXTS = (
    "password: {}", "my password is {} ok", "Password: {}\n", "passwd={}", "export DB_PASSWORD={}", "PASS={} ./run",
    '{{"password": "{}"}}', "Passwort: {}", "das Passwort ist {} ja", "Kennwort = {}", "mot de passe : {}",
    "contraseña: {}", "la contraseña es {} sí", "senha: {}", "wachtwoord: {}", "hasło: {}", "пароль: {}",
    "heslo: {}", "lösenord: {}", "şifre: {}", "密码：{}", "パスワード：{}", "비밀번호: {}", "mật khẩu: {}",
    "IMAP password for bob@example.com: {}", "smtp_password = '{}'", "MAIL_PASSWORD: {}", "pwd={}", "--password {} now",
    "mysql -u root -p{} shop", "sshpass -p {} ssh host", "curl -u bob:{} https://example.com",
    "machine mail.example.com login bob password {}", "CREATE USER bob IDENTIFIED BY '{}'",
    "postgres://bob:{}@db.example.com/shop", "https://bob:{}@example.com/path", "redis://:{}@cache:6379/0",
    "amqp://app:{}@mq.example.com", "mongodb+srv://root:{}@cluster0.example.net/x", "ftp://anna:{}@files.example.org",
    "imap-password: {}", "spring.datasource.password={}", "passphrase: {}", "the wifi password = {}",
    "dbPassword: '{}',",
)  # fmt: skip


def _passwords() -> Iterator[Secret]:
    for number, text in enumerate(_PASSWORD_TEXTS):
        for turn in range(2):
            secret = _PASSWORDS[(number * 3 + turn * 7) % len(_PASSWORDS)]
            yield Secret("password", secret, text.format(secret))


def _codes() -> Iterator[Secret]:
    texts = (
        "Your verification code is {}", "{} is your Google verification code", "OTP: {}", "code: {}",
        "security code {}", "Login-Code: {}", "2FA {}", "confirmation code is: {} thanks", "验证码：{}",
        "code de vérification : {}",
    )  # fmt: skip
    for text in texts:
        secret = _some(string.digits, 6)
        yield Secret("code", secret, text.format(secret))
    yield Secret("code", "G-482913", "G-" + "482913")
    yield Secret("check value", "739", "cvv: 739")


def _keys() -> Iterator[Secret]:
    for kind in ("RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED ", "DSA "):
        body = "\n".join(_some(_ALNUM + "+/", 64) for _ in range(3))
        head, tail = f"-----BEGIN {kind}PRIVATE " + "KEY-----\n", f"\n-----END {kind}PRIVATE " + "KEY-----\n"
        yield Secret("private key", body, f"here it is\n{head}{body}{tail}that was all")
        yield Secret("open private key", body, head + body)
    body = "\n".join(_some(_ALNUM + "+/", 64) for _ in range(2))
    yield Secret(
        "pgp", body, "-----BEGIN PGP PRIVATE " + f"KEY BLOCK-----\n\n{body}\n-----END PGP PRIVATE KEY BLOCK-----"
    )


def _jwt() -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": str(_RANDOM.randrange(10**9)), "name": "Jo", "iat": 1516239022})
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*coded, _some(_URL, 43)])


def _others() -> Iterator[Secret]:
    for text in ("{}", "Authorization: Bearer {}", "id_token={}", "jwt.io {} - Chromium"):
        jwt = _jwt()
        yield Secret("jwt", jwt, text.format(jwt), 3)
    for text in ("Authorization: Bearer {}", "-H 'authorization: token {}'", "bearer {} ok"):
        token = "a7" + _some(_ALNUM, 30)
        yield Secret("bearer", token, text.format(token))
    basic = base64.b64encode(b"bob:mackerel99").decode()
    yield Secret("basic", basic, f"Authorization: Basic {basic}")
    for word in ("aws_secret_access_key = {}", "AWS_SECRET_ACCESS_KEY={}", 'secretAccessKey: "{}"', "secret key: {}"):
        key = "w7" + _some(_ALNUM + "+/", 38)
        yield Secret("aws secret", key, word.format(key))
    for word in ("api_key={}", "apikey: {}", "x-api-key: {}", "client_secret = '{}'", "https://x.io/a?token={}&b=1"):
        key = "7f" + _some(_HEX, 30)
        yield Secret("keyed", key, word.format(key))
    telegram = _some("123456789", 9) + ":AA" + "Hq3" + _some(_URL, 30)
    yield Secret("telegram", telegram, f"bot {telegram} started")
    discord = "MTk4" + _some(_ALNUM, 20) + "." + _some(_ALNUM, 6) + "." + _some(_URL, 27)
    yield Secret("discord", discord, f"DISCORD={discord}")
    account = "k8" + _some(_ALNUM + "+/", 84) + "=="
    azure = f"DefaultEndpointsProtocol=https;AccountName=shop;Account{'Key'}={account};EndpointSuffix=core.windows.net"
    yield Secret("azure", account, azure)
    yield Secret(
        "slack webhook",
        "T0A1B2C3D/B0" + (tail := _some(_ALNUM, 30)),
        f"https://hooks.slack.com/services/T0A1B2C3D/B0{tail}",
    )
    words = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    yield Secret("seed phrase", words, f"seed phrase: {words}\nend")
    yield Secret("seed phrase", words, f"recovery phrase is {words}")
    yield Secret("app password", "abcd efgh ijkl mnop", "app password: abcd efgh ijkl mnop")
    for iban in ("DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19", "PL61109010140000071219812874"):
        yield Secret("iban", iban, f"send it to {iban}, please", 10)


SECRETS: tuple[Secret, ...] = (*_tokens(), *_cards(), *_passwords(), *_codes(), *_keys(), *_others())
