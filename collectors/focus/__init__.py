"""What kind of element has the keyboard focus: password, text, other, or unknown."""

from collectors.focus.fake import FakeProbe
from collectors.focus.probe import DesktopProbe, make_probe

__all__ = ["DesktopProbe", "FakeProbe", "make_probe"]
