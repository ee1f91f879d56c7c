"""What window titles of browsers, editors, terminals and sites look like: tables for :mod:`titles`.

Forms known from use; of real programs only Mousepad and xterm were tried here. Every form has a test in
``tests/unit/test_narrator_titles.py``.
"""

from __future__ import annotations

import re

BROWSERS = frozenset(
    {
        "google chrome", "google-chrome", "chrome", "chromium", "chromium-browser", "chromium web browser",
        "mozilla firefox", "firefox", "firefox-esr", "firefox developer edition", "firefox nightly", "librewolf",
        "brave", "brave-browser", "brave browser", "microsoft edge", "microsoft-edge", "msedge", "vivaldi",
        "vivaldi-stable", "opera", "safari", "zen browser", "zen", "waterfox", "falkon", "konqueror", "epiphany",
        "gnome web", "qutebrowser", "tor browser", "floorp", "midori", "arc", "thorium",
    }
)  # fmt: skip

TERMINALS = frozenset(
    {
        "xterm", "uxterm", "gnome-terminal", "gnome-terminal-server", "terminal", "konsole", "alacritty", "kitty",
        "foot", "footclient", "xfce4-terminal", "xfce terminal", "lxterminal", "mate-terminal", "terminator", "tilix",
        "urxvt", "rxvt", "st", "st-256color", "wezterm", "wezterm-gui", "ghostty", "ptyxis", "kgx", "console",
        "qterminal", "tilda", "guake", "yakuake", "iterm2", "windows terminal", "rio", "cool-retro-term",
    }
)  # fmt: skip

# Editors whose own names end their titles (several names for one program: the first is what sentences say).
EDITORS = {
    "visual studio code": "Visual Studio Code", "code": "Visual Studio Code", "code - oss": "Code - OSS",
    "visual studio code - insiders": "Visual Studio Code Insiders", "vscodium": "VSCodium", "cursor": "Cursor",
    "windsurf": "Windsurf", "zed": "Zed", "sublime text": "Sublime Text", "notepad++": "Notepad++", "kate": "Kate",
    "kwrite": "KWrite", "mousepad": "Mousepad", "gedit": "gedit", "text editor": "Text Editor", "xed": "Xed",
    "pluma": "Pluma", "geany": "Geany", "featherpad": "FeatherPad", "leafpad": "Leafpad", "l3afpad": "L3afpad",
    "notepad": "Notepad", "textedit": "TextEdit", "obsidian": "Obsidian", "typora": "Typora",
    "libreoffice writer": "LibreOffice Writer", "libreoffice calc": "LibreOffice Calc",
    "libreoffice impress": "LibreOffice Impress", "libreoffice draw": "LibreOffice Draw",
    "libreoffice math": "LibreOffice Math", "libreoffice base": "LibreOffice Base", "word": "Word",
    "microsoft word": "Word", "excel": "Excel", "powerpoint": "PowerPoint", "vim": "Vim", "gvim": "Vim",
    "nvim": "Neovim", "neovide": "Neovide", "gnu emacs": "Emacs", "emacs": "Emacs", "spyder": "Spyder",
    "intellij idea": "IntelliJ IDEA", "pycharm": "PyCharm", "webstorm": "WebStorm", "clion": "CLion",
    "goland": "GoLand", "rider": "Rider", "phpstorm": "PhpStorm", "rubymine": "RubyMine",
    "android studio": "Android Studio", "eclipse ide": "Eclipse", "gnu image manipulation program": "GIMP",
    "gimp": "GIMP", "inkscape": "Inkscape", "okular": "Okular", "evince": "Evince", "document viewer": "Evince",
    "zathura": "Zathura", "thunderbird": "Thunderbird", "mozilla thunderbird": "Thunderbird",
}  # fmt: skip

JETBRAINS = frozenset({"intellij idea", "pycharm", "webstorm", "clion", "goland", "rider", "phpstorm", "rubymine"})

# Sites that name themselves at the end of a page's title.
SITES = {
    "google": "Google", "google scholar": "Google Scholar", "google maps": "Google Maps", "google docs": "Google Docs",
    "google sheets": "Google Sheets", "google slides": "Google Slides", "google drive": "Google Drive",
    "google translate": "Google Translate", "google calendar": "Google Calendar", "gmail": "Gmail",
    "youtube": "YouTube", "youtube music": "YouTube Music", "github": "GitHub", "gitlab": "GitLab",
    "codeberg.org": "Codeberg", "stack overflow": "Stack Overflow", "super user": "Super User",
    "server fault": "Server Fault", "ask ubuntu": "Ask Ubuntu", "stack exchange": "Stack Exchange",
    "unix & linux stack exchange": "Unix & Linux Stack Exchange", "wikipedia": "Wikipedia", "wiktionary": "Wiktionary",
    "wikipedia, the free encyclopedia": "Wikipedia", "wikimedia commons": "Wikimedia Commons", "reddit": "Reddit",
    "hacker news": "Hacker News", "mdn": "MDN", "mdn web docs": "MDN", "pypi": "PyPI", "npm": "npm",
    "crates.io": "crates.io", "docs.rs": "docs.rs", "read the docs": "Read the Docs", "geeksforgeeks": "GeeksforGeeks",
    "w3schools": "W3Schools", "medium": "Medium", "dev community": "DEV Community", "quora": "Quora",
    "linkedin": "LinkedIn", "x": "X", "twitter": "Twitter", "facebook": "Facebook", "instagram": "Instagram",
    "ebay": "eBay", "etsy": "Etsy", "netflix": "Netflix", "spotify": "Spotify", "twitch": "Twitch", "imdb": "IMDb",
    "chatgpt": "ChatGPT", "claude": "Claude", "notion": "Notion", "trello": "Trello", "jira": "Jira",
    "confluence": "Confluence", "slack": "Slack", "discord": "Discord", "figma": "Figma", "overleaf": "Overleaf",
    "deepl translate": "DeepL", "duolingo": "Duolingo", "booking.com": "Booking.com", "tripadvisor": "Tripadvisor",
    "arxiv": "arXiv", "zhihu": "Zhihu", "知乎": "Zhihu", "bilibili": "Bilibili", "哔哩哔哩_bilibili": "Bilibili",
    "csdn博客": "CSDN", "掘金": "Juejin", "хабр": "Habr", "habr": "Habr", "aliexpress": "AliExpress",
}  # fmt: skip

_GOOGLE = (
    "Google Search|Google[- ]Suche|Recherche Google|Buscar con Google|Cerca con Google|Ricerca Google|Pesquisa Google"
    "|Google zoeken|Google[- ]søgning|Google[- ]søk|Google[- ]haku|Sök på Google|Szukaj w Google|Vyhledávání Google"
    "|Căutare Google|Google'da Ara|Google 検索|Google 搜[索尋]|Google 검색|Поиск в Google|Google Пошук|Google खोज"
)
_YAHOO = r"Yahoo Search(?: Results| - Web Search Results)?|Yahoo Suche Suchergebnisse|Yahoo Recherche Résultats"

_FORMS: tuple[tuple[str, str], ...] = (
    ("Google", rf"(?P<q>.+) [-–—] (?:{_GOOGLE})"),
    ("Google", r"(?P<q>.+) [-–—] Google (?:Images|News|Shopping|Videos) Search"),
    ("Google Scholar", r"(?P<q>.+) - Google Scholar"),
    ("Google Maps", r"(?P<q>.+) - Google Maps"),
    ("DuckDuckGo", r"(?P<q>.+) (?:at|bei|à|en|su|em|na|op|på|w|в|на) DuckDuckGo"),
    ("Yahoo", rf"(?P<q>.+) - (?:{_YAHOO})"),
    ("Yahoo", r"「(?P<q>.+)」の検索結果 - Yahoo!検索.*"),
    ("Baidu", r"(?P<q>.+)_百度搜索"),
    ("Baidu", r"百度搜索[_:：](?P<q>.+)"),
    ("Sogou", r"(?P<q>.+) - 搜狗搜索"),
    ("Naver", r"(?P<q>.+) : 네이버 (?:통합)?검색"),
    ("Yandex", r"(?P<q>.+) [—–-] (?:Yandex|Яндекс)(?:: .+)?"),
    ("Ecosia", r"(?P<q>.+) - Ecosia(?: - .+)?"),
    ("Startpage", r"(?P<q>.+) - Startpage(?:\.com)?(?: Search(?: Results)?)?"),
    ("Brave Search", r"(?P<q>.+) - Brave Search"),
    ("Qwant", r"(?P<q>.+) - Qwant(?: Search)?"),
    ("Kagi", r"(?P<q>.+) - Kagi(?: Search)?"),
    ("Perplexity", r"(?P<q>.+) - Perplexity"),
    ("Bing", r"(?P<q>.+) - (?:Microsoft )?Bing(?: (?:images|videos|news|maps|Search))?"),
    ("YouTube", r"(?P<q>.+) - Search - YouTube"),
    ("Amazon", r"Amazon\.[a-z.]{2,6} ?: (?P<q>.+)"),
    ("Amazon", r"(?P<q>[^:]+) - Amazon\.[a-z.]{2,6}"),
    ("eBay", r"(?P<q>.+) for sale(?: online)? \| eBay"),
    ("Stack Overflow", r"Posts containing '(?P<q>.+)' - Stack Overflow"),
    ("Stack Overflow", r"(?:Newest|Highest scored|Frequent|Active) '(?P<q>.+)' Questions - Stack Overflow"),
    ("GitHub", r"(?:Search|Code search|Repository search) [·:] (?P<q>.+) · GitHub"),
    ("Wikipedia", r"(?P<q>.+) [-–—] (?:Search results|Suchergebnisse|Résultats de recherche) [-–—] Wikip[eé]dia"),
    ("Reddit", r"(?P<q>.+) - Reddit Search!?"),
    ("npm", r"(?P<q>.+) - npm search"),
    ("X", r"(?P<q>.+) - Search / (?:X|Twitter)"),
    # Bing's own form names no engine: last, because others end the same way.
    ("Bing", r"(?P<q>.+) - (?:Search|Suchen|Rechercher|Buscar|Cerca|Pesquisar|Zoeken|搜索|検索|검색|Поиск)"),
)
SEARCHES = tuple((engine, re.compile(form)) for engine, form in _FORMS)
