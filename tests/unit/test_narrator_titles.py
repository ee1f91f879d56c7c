from __future__ import annotations

import pytest

from assistant.narrator.titles import parse_title

# title, app → document, site, query
PAGES = [
    ("how to sort a list - Google Search - Google Chrome", "Google Chrome", "how to sort a list", "Google"),
    ("how to sort – Google Search — Mozilla Firefox", "Firefox", "how to sort", "Google"),
    ("liste sortieren - Google Suche - Chromium", "Chromium", "liste sortieren", "Google"),
    ("liste sortieren - Google-Suche - Chromium", "Chromium", "liste sortieren", "Google"),
    ("trier une liste - Recherche Google - Chromium", "Chromium", "trier une liste", "Google"),
    ("排序 - Google 搜索 - Google Chrome", "Google Chrome", "排序", "Google"),
    ("как отсортировать - Поиск в Google - Chromium", "Chromium", "как отсортировать", "Google"),
    ("a - b - Google Search - Chromium", "Chromium", "a - b", "Google"),
    ("cats - Search and 3 more pages - Personal - Microsoft\u200b Edge", "Microsoft Edge", "cats", "Bing"),
    ("cats - Bing - Chromium", "Chromium", "cats", "Bing"),
    ("智能手机 - 搜索 - Chromium", "Chromium", "智能手机", "Bing"),
    ("red bike at DuckDuckGo - Chromium", "Chromium", "red bike", "DuckDuckGo"),
    ("rotes rad bei DuckDuckGo — Mozilla Firefox", "Firefox", "rotes rad", "DuckDuckGo"),
    ("red bike - Yahoo Search Results - Chromium", "Chromium", "red bike", "Yahoo"),
    ("天气_百度搜索 - Google Chrome", "Google Chrome", "天气", "Baidu"),
    ("погода — Яндекс: нашлось 5 млн результатов — Mozilla Firefox", "Firefox", "погода", "Yandex"),
    ("red bike - Ecosia - Web - Chromium", "Chromium", "red bike", "Ecosia"),
    ("red bike - Startpage Search Results - Chromium", "Chromium", "red bike", "Startpage"),
    ("red bike - Brave Search - Brave", "Brave", "red bike", "Brave Search"),
    ("red bike - Qwant Search - Chromium", "Chromium", "red bike", "Qwant"),
    ("red bike - Kagi Search - Chromium", "Chromium", "red bike", "Kagi"),
    ("Amazon.com : usb c hub - Chromium", "Chromium", "usb c hub", "Amazon"),
    ("Amazon.co.uk: usb c hub - Google Chrome", "Google Chrome", "usb c hub", "Amazon"),
    ("usb c hub for sale | eBay — Mozilla Firefox", "Firefox", "usb c hub", "eBay"),
    ("Posts containing 'sort list' - Stack Overflow - Chromium", "Chromium", "sort list", "Stack Overflow"),
    ("narwhal - Search results - Wikipedia — Mozilla Firefox", "Firefox", "narwhal", "Wikipedia"),
    ("Search · sqlite wal · GitHub - Chromium", "Chromium", "sqlite wal", "GitHub"),
    ("requests - npm search - Chromium", "Chromium", "requests", "npm"),
    ("graph coloring - Google Scholar - Chromium", "Chromium", "graph coloring", "Google Scholar"),
]


@pytest.mark.parametrize(("title", "app", "query", "site"), PAGES)
def test_searches_are_read_from_titles(title, app, query, site):
    read = parse_title(title, app)
    assert (read.query, read.site, read.kind) == (query, site, "browser")


PLACES = [
    ("*notes.md - Mousepad", "Mousepad", "notes.md", ""),
    ("~/x y/notes.md - Mousepad", "Mousepad", "notes.md", ""),
    ("*Untitled 1 - Mousepad", "Mousepad", "Untitled 1", ""),
    ("Mousepad", "Mousepad", "", ""),
    ("notes.md - folder - Visual Studio Code", "Code", "notes.md", ""),
    ("● x.py - proj (Workspace) - Visual Studio Code", "Code", "x.py", ""),
    ("x.rs — proj — VSCodium", "VSCodium", "x.rs", ""),
    ("proj – src/main.py [proj]", "PyCharm", "src/main.py", ""),
    ("notes.md (~/x) - gedit", "gedit", "notes.md", ""),
    ("~/x/main.go • - Sublime Text (UNREGISTERED)", "Sublime Text", "main.go", ""),
    ("report.odt - LibreOffice Writer", "LibreOffice Writer", "report.odt", ""),
    ("report.odt — LibreOffice Writer", "soffice", "report.odt", ""),
    ("notes.md (~/x) - VIM", "XTerm", "notes.md", ""),
    ("notes.md + (~/x) - NVIM", "kitty", "notes.md", ""),
    ("ann@box: ~/src", "XTerm", "~/src", ""),
    ("⠙ ann@box: ~/src", "XTerm", "~/src", ""),
    ("note - vault - Obsidian v1.5.3", "Obsidian", "note", ""),
    ("paper.pdf — Okular", "Okular", "paper.pdf", ""),
    ("notes.md - GNU Emacs at box", "Emacs", "notes.md", ""),
    ("C:\\x\\y.txt - Notepad++", "Notepad++", "y.txt", ""),
    ("Save As", "Mousepad", "Save As", ""),
    ("a - b - c", "Something", "a - b - c", ""),
    ("New Tab - Google Chrome", "Google Chrome", "New Tab", ""),
    ("Chromium", "Chromium", "", ""),
    ("(3) Inbox - Gmail - Chromium", "Chromium", "Inbox", "Gmail"),
    ("Inbox (12) - a@b.example - Gmail - Chromium", "Chromium", "Inbox - a@b.example", "Gmail"),
    ("Page - Google Chrome - Anna", "Google Chrome", "Page", ""),
    ("python - Sort? - Stack Overflow - Chromium", "Chromium", "python - Sort?", "Stack Overflow"),
    ("Narwhal - Wikipedia — Mozilla Firefox", "Firefox", "Narwhal", "Wikipedia"),
    ("🔊 (2) A song - YouTube - Chromium", "Chromium", "A song", "YouTube"),
    ("Page — Mozilla Firefox", "", "Page", ""),
    ("", "Something", "", ""),
]


@pytest.mark.parametrize(("title", "app", "document", "site"), PLACES)
def test_documents_are_read_from_titles(title, app, document, site):
    read = parse_title(title, app)
    assert (read.document, read.site, read.query) == (document, site, "")


def test_marks_and_counters_do_not_make_another_title():
    plain = parse_title("notes.md - Mousepad", "Mousepad")
    assert parse_title("*notes.md - Mousepad", "Mousepad") == plain
    assert parse_title("(3) Inbox - Gmail - Chromium", "Chromium") == parse_title(
        "Inbox - Gmail - Chromium", "Chromium"
    )


def test_program_is_named_by_its_title_where_the_class_is_not_readable():
    assert parse_title("a.odt - LibreOffice Writer", "soffice", "libreoffice-writer").app == "LibreOffice Writer"


def test_titles_come_out_without_control_characters():
    read = parse_title("evil\u202e\x00\ntxt.exe\u200b - Mousepad", "Mou\x07sepad")
    assert (read.document, read.app) == ("evil txt.exe", "Mousepad")
    assert len(parse_title("x" * 10_000, "App").name) <= 500
