"""A page as one string: our own HTML, style and script, and a policy that lets nothing else in or out."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

STATIC = Path(__file__).parent / "static"


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def policy(style: str, script: str, *, bridge: bool) -> str:
    """Content security policy: only this style and this script, by digest; no request of any kind.

    ``bridge``: pywebview's own bridge makes its functions with ``new Function`` (all but the GTK surface).
    """
    loose = " 'unsafe-eval'" if bridge else ""
    return f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}{loose}; base-uri 'none'"


def build_page(name: str = "popup", *, bridge: bool = False, folder: Path = STATIC) -> str:
    """Assemble the page from ``<name>.html``, ``.css`` and ``.js``."""
    html, style, script = ((folder / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    page = html.replace("{{csp}}", policy(style, script, bridge=bridge))
    return page.replace("{{css}}", style).replace("{{js}}", script)
