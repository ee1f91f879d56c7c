"""No secret of the corpus survives, whole or growing; ordinary text does."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from assistant.policy.redaction import hold_back, redact

SECRETS = runpy.run_path(str(Path(__file__).with_name("secrets_corpus.py")))["SECRETS"]
# A beginning this short gives nothing away.
HARMLESS = 4
LONG = 40

ORDINARY = """
The password is wrong, so the password was reset; a strong password is required.
Please enter your password and press Enter. Forgot password? Password manager. Reset your password.
The secret of good tea is fresh water. Token ring networks were slow; the token economy is not.
I will pass the salt = no problem. The tests pass: 12 of 14. Pin the version. Keep the key under the mat.
Call me at +48 601 234 567 or (415) 555-2671, or 0049 30 901820, or 1-800-273-8255 tomorrow.
Bonjour à tous, le mot de passe est incorrect. Das Passwort ist falsch. La contraseña es incorrecta.
ISBN 978-3-16-148410-0 and ISBN 9780306406157; order 1002003 of 2024-11-22 10:45:31, room 4021, 2,500 units.
commit 3f786850e387550fdab836ed7e6dc881de23001b fixed 550e8400-e29b-41d4-a716-446655440000 in sha256
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 and d41d8cd98f00b204e9800998ecf8427e.
https://github.com/pallets/flask/blob/main/src/flask/app.py#L120 and https://docs.python.org/3/library/re.html?highlight=re
https://example.com:8080/@user/post-2024-11-22 ssh://git@github.com/owner/name.git user@example.com
def login(user: str, password: str) -> Token: return check(user, password)
password = getpass.getpass(); if password == other: pass; token = next(tokens); key = sorted(keys)[0]
password=os.environ["DB_PASSWORD"]  api_key = settings.api_key  pwd = input("name? ")  secret: string;
self.password = password_hash(value) ; <input type="password" name="password"> ; password: ${DB_PASSWORD}
export PATH=$PATH:/usr/local/bin:/opt/llvm-17/bin; x = 0xDEADBEEF; y = 3.14159265358979; z = 1_000_000
for i in range(1000000): total += values[i] * 0.5  # O(n), see RFC 7231 section 6.5.4
error code 404, exit code 137, status code 200, zip code 902101, code review of PR #1234, Visual Studio Code 1.85
AC/DC, SKU 12345, task-management-system-2024-edition, sk-fading-circle, desk-lamp, keyboard, turkey-sandwich
192.168.100.200 10.0.0.1:8443 2001:0db8:85a3:0000:0000:8a2e:0370:7334 1700000000000 20240101123045
Bearer instruments and standard-bearer organisations are neither.
Łódź, Kraków – zażółć gęślą jaźń. Привет, как дела? 你好，世界。これはテストです。
-----BEGIN CERTIFICATE----- and -----BEGIN PUBLIC KEY----- are not secret
"""


@pytest.mark.parametrize("line", [line for line in ORDINARY.splitlines() if line])
def test_ordinary_text_stays_untouched(line: str) -> None:
    assert redact(line) == (line, ())


def test_corpus_is_large_and_varied() -> None:
    assert len({s.secret for s in SECRETS}) >= 200
    assert len({s.kind for s in SECRETS}) >= 40


def test_every_secret_is_taken_out_whole() -> None:
    for secret in SECRETS:
        clean = redact(secret.text)
        assert clean.rules, secret
        assert _visible(secret, clean.text) <= secret.constant, (secret, clean)
        assert redact(clean.text).text == clean.text, secret


def test_no_stored_beginning_shows_a_secret() -> None:
    """What a growing event stores at each key stroke (every ninth in long texts), and at its end."""
    for secret in SECRETS:
        for end in range(1, len(secret.text) + 1, 1 if len(secret.text) < LONG else 9):
            grown = secret.text[:end]
            stored = redact(grown[: end - hold_back(grown)]).text
            assert _visible(secret, stored) <= secret.constant + HARMLESS, (secret, stored)


def _visible(secret, text: str) -> int:
    """How many first characters of the secret the text shows."""
    text = re.sub(r"\[redacted: [^\]]*\]", "", text)
    return next((n for n in range(len(secret.secret), 2, -1) if secret.secret[:n] in text), 0)


@pytest.mark.parametrize(
    "text", ["hello", "hello world", "Hello, World", "NASA and the", "über", "don't well-known", ""]
)
def test_ordinary_words_hold_back_nothing(text: str) -> None:
    assert hold_back(text) == 0


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("pay 4111 1111", "4111 1111"),
        ("pay 4111 1111 ", "4111 1111 "),
        ("my password is hun", "hun"),
        ("password: 'two wor", "'two wor"),
        ("see ghp_", "ghp_"),
        ("x1", "x1"),
        ("ok -----BEGIN RSA PRIVATE KEY-----\nabc\n", "-----BEGIN RSA PRIVATE KEY-----\nabc\n"),
        ("go https://bob:пар", "https://bob:пар"),
        ("seed phrase: legal winner thank", "legal winner thank"),
    ],
)
def test_what_may_be_a_secret_is_held(text: str, held: str) -> None:
    assert text[len(text) - hold_back(text) :].strip() == held.strip()


def test_rules_are_named_once_and_sorted() -> None:
    clean = redact("password: abcd1 and password: efgh2 and 4111 1111 1111 1111")
    assert clean.rules == ("card number", "password")
    assert clean.text == "password: [redacted: password] and password: [redacted: password] and [redacted: card number]"


def test_private_key_without_an_end_goes_to_the_end() -> None:
    assert (
        redact("a -----BEGIN PRIVATE " + "KEY-----\nMIIEvQ\nxyz").text
        == "a -----BEGIN PRIVATE " + "KEY-----[redacted: private key]"
    )


def test_luhn_decides() -> None:
    assert redact("4111 1111 1111 1112").rules == ()
    assert redact("4111 1111 1111 1111").rules == ("card number",)
