"""Copying without a window of our own (the popup uses GTK's clipboard instead): the desktop's small tools."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

# They put themselves into the background at once; longer means that there is no display to talk to.
TIMEOUT_S = 2.0


def copy_command(environ: dict[str, str], platform: str = sys.platform) -> list[str]:
    """The command that reads text from standard input into the clipboard; [] where there is none."""
    if platform == "darwin":
        tools = [["pbcopy"]]
    elif platform == "win32":
        tools = [["clip"]]
    else:
        tools = [["wl-copy"]] if environ.get("WAYLAND_DISPLAY") else []
        if environ.get("DISPLAY"):
            tools += [["xclip", "-selection", "clipboard", "-in"], ["xsel", "--clipboard", "--input"]]
    return next((tool for tool in tools if shutil.which(tool[0])), [])


def copy_text(text: str) -> bool:
    """Put text on the clipboard; False where no tool for it is installed, or it failed."""
    command = copy_command(dict(os.environ))
    if not command or not text:
        return False
    quiet = subprocess.DEVNULL
    try:
        subprocess.run(command, input=text.encode(), stdout=quiet, stderr=quiet, timeout=TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True
