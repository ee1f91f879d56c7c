"""What is excluded before anybody configures anything: data only, compared without regard to case.

Applications are names, window classes or processes without blanks, dots and dashes; title patterns are ours,
bounded, and named by the rule that people see.
"""

from __future__ import annotations

import re

APPS: tuple[str, ...] = (
    # password managers
    "keepassxc", "keepass", "keepass2", "keepassx", "keeweb", "bitwarden", "1password", "onepassword", "lastpass",
    "dashlane", "enpass", "nordpass", "protonpass", "roboform", "buttercup", "qtpass", "gopass", "passwordsafe",
    "pwsafe", "padloc", "keeper", "keeperpasswordmanager", "strongbox", "macpass", "kwalletmanager", "kwalletmanager5",
    "kwalletd", "kwalletd5", "kwalletd6", "goldwarden", "rbwpinentry",
    "secrets", "worldsecrets", "passwordsafegnome", "revelation", "seahorse", "keychainaccess", "gnomekeyring",
    # prompts for secrets
    "gcrprompter", "pinentry", "pinentrygtk2", "pinentrygtk", "pinentryqt", "pinentryqt4", "pinentryqt5",
    "pinentrygnome3", "pinentryx11", "pinentrymac", "polkitgnomeauthenticationagent1", "polkitkdeauthenticationagent1",
    "polkitmateauthenticationagent1", "lxpolkit", "lxqtpolicykit", "lxqtpolicykitagent", "xfcepolkit", "mateplkit",
    "polkitagent", "hyprpolkitagent", "gksu", "gksudo", "kdesu", "kdesudo", "lxqtsudo", "sshaskpass", "ksshaskpass",
    "x11sshaskpass", "gnomesshaskpass", "gnomesshaskpass3", "lxqtopensshaskpass", "securityagent", "credentialuibroker",
    "consent", "gnomescreensaver", "xscreensaver", "i3lock", "swaylock", "kscreenlocker", "kscreenlockergreet",
    # wallets
    "electrum", "electrumltc", "exodus", "metamask", "ledgerlive", "ledgerlivedesktop", "trezorsuite", "atomicwallet",
    "atomic", "bitcoinqt", "bitcoincore", "wasabiwallet", "wasabi", "sparrow", "sparrowwallet", "monerowalletgui",
    "monerogui", "mycrypto", "jaxx", "coinomi", "guarda", "daedalus", "yoroi", "bluewallet", "specterdesktop",
    "litecoinqt", "dogecoinqt", "featherwallet", "feather", "phantom",
    # authenticators
    "authy", "authydesktop", "authenticator", "gnomeauthenticator", "belmoussaouiauthenticator", "otpclient",
    "yubioauth", "yubicoauthenticator", "yubikeymanager", "yubikeymanagerqt", "googleauthenticator", "aegis",
    "enteauth", "2fast", "keysmith", "raivo",
    # browsers that are private as a whole
    "torbrowser", "tor", "mullvadbrowser",
)  # fmt: skip

BROWSERS: tuple[str, ...] = (
    "firefox", "librewolf", "waterfox", "chrom", "brave", "edge", "msedge", "safari", "opera", "vivaldi", "epiphany",
    "falkon", "konqueror", "qutebrowser", "midori", "navigator", "floorp", "zen", "palemoon", "thorium", "yandex",
)  # fmt: skip
"""Parts of the names of web browsers."""


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE)


# How browsers mark private windows, in their major languages. These words stand nowhere else, or are worth it.
PRIVATE_WINDOW = _pattern(
    "incognito", "inkognito", "inkognitó", "incógnito", "incógnita", "in incognito", "инкогнито", "інкогніто",
    "анонімний режим", "シークレット(?:モード| ?ウィンドウ)?", "无痕(?:模式|窗口|浏览)?",
    "無痕(?:模式|視窗|瀏覽)?", "시크릿(?: 모드)?",
    "navigation privée", "navigation inprivate", "navegação anônima", "navegação anónima",
    "anonymní(?: režim| prohlížení| okno)",
    "anonymné(?: okno)?", "التصفح المتخفي", "גלישה בסתר", "ẩn danh", "โหมดไม่ระบุตัวตน", "inprivate", r"\[inprivate\]",
    "private browsing", "private window", "private tab", "privater modus", "privates fenster", "privater tab",
    "privates surfen", "navegación privada", "ventana privada", "navigazione anonima", "finestra anonima",
    "navegação privativa", "navegação privada", "janela privada", "janela privativa", "privénavigatie",
    "privévenster", "tryb prywatny", "przeglądanie prywatne", "prywatne okno", "приватный просмотр", "приватное окно",
    "приватний перегляд", "プライベートブラウジング", "プライベートウィンドウ", "隐私浏览",
    "隱私瀏覽", "隱私視窗", "隐私窗口",
    "사생활 보호(?: 모드)?", "개인 정보 보호 브라우징",
    "privat surfning", "privat surfande", "privat nettlesing", "privat browsing",
    "yksityinen selaus", "gizli gezinti", "gizli pencere", "gizli mod", "privát böngészés", "navigare privată",
    "fereastră privată", "ιδιωτική περιήγηση", "ανώνυμη περιήγηση", "поверително сърфиране", "privatno pregledavanje",
    "zasebno brskanje", "privatno pretraživanje", "navegació privada", "nabigatze pribatua",
)  # fmt: skip
# Brave, Opera and Vivaldi put a bare word into brackets or behind the last dash.
PRIVATE_SUFFIX = re.compile(
    r"(?:\((?:private|privat|privé|privada|privado|privata|приват\w*|tor|guest)\)|[-–—] ?(?:private|privat|tor))\s*$",
    re.IGNORECASE,
)

TITLES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("password manager", _pattern(
        "bitwarden", "vaultwarden", "1password", "lastpass", "dashlane", "keepassxc?", "nordpass", "proton pass",
        "enpass", "roboform", "keeper vault", "password safe", "passwords and keys", "google password manager",
        "saved passwords", "password manager", r"about:logins", "passbolt", "psono",
    )),
    ("password prompt", _pattern(
        "unlock (?:login )?keyring", "unlock keyring", "authentication required", "enter passphrase",
        "enter pin", "enter password", "password required", "ssh-?askpass", "polkit", "legitimation erforderlich",
        "authentification requise", "autenticación requerida", "требуется аутентификация", "wymagane uwierzytelnienie",
    )),
    ("wallet", _pattern(
        "metamask", "phantom wallet", "ledger live", "trezor suite", "electrum", "exodus wallet", "coinbase",
        "binance", "kraken\\.com", "kraken pro", "seed phrase", "recovery phrase", "crypto wallet",
        "myetherwallet", "trust wallet",
        "rabby", "bitpanda", "blockchain\\.com",
    )),
    ("authenticator", _pattern(
        "authy", "google authenticator", "microsoft authenticator", "yubico authenticator", "ente auth", "2fas",
    )),
    ("bank", _pattern(
        r"(?:online|net|internet|mobile|home|e)[ -]?bank(?:ing|a|en)?", "bankowość(?: internetowa)?",
        "banque en ligne", "banca (?:en línea|online|electrónica)", "интернет-?банк", "bank account", "bank login",
        "bank of \\w+", "kontostand", "kontoauszug", "account balance", "paypal",
        "wells fargo", "chase (?:bank|online)", "chase\\.com",
        "citibank",
        "capital one", "hsbc", "barclays", "santander", "lloyds bank", "natwest", "monzo", "revolut", "wise\\.com",
        "deutsche bank", "commerzbank", "sparkasse", "volksbank", "raiffeisen\\w*", "comdirect", "n26", "ing-diba",
        "bnp paribas", "société générale", "crédit agricole", "unicredit", "intesa sanpaolo", "bbva", "caixabank",
        "abn amro", "rabobank", "mbank", "pko bp", "ipko", "nordea", "swedbank", "danske bank", "сбербанк", "тинькофф",
        "sbi online", "hdfc bank", "icici bank", "robinhood", "fidelity investments", "charles schwab",
        "vanguard (?:investor|personal)",
        "turbotax", "mein elster", "elster-online", "stripe dashboard",
    )),
    ("health", _pattern(
        "mychart", "patient portal", "patient gateway", "health records?", "medical records?", "test results? portal",
        "lab results?", "my ?health", "kaiser permanente", "nhs app", "doctolib", "zocdoc", "teladoc", "betterhelp",
        "patientenakte", "gesundheitsakte", "elektronische patientenakte", "mon espace santé", "ameli\\.fr",
        "compte ameli",
        "gesundheit\\.gv",
        "internetowe konto pacjenta", "znany lekarz", "znanylekarz", "historia clínica",
        "my prescriptions?", "planned parenthood",
        "psychotherap(?:y|ie)", "std test", "hiv", "госуслуги здоровье",
    )),
)  # fmt: skip
"""Rule name and what a window's title shows."""
