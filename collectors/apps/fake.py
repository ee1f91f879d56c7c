"""Programs that never ran."""

from __future__ import annotations

from assistant.events import AppExited, AppStarted
from collectors.fake import FakeCollector


class FakeApps(FakeCollector):
    """``begin`` and ``end`` emit a program's start and end."""

    name = "apps"

    def begin(self, app: str, pid: int, process: str = "") -> None:
        self.see(lambda at, mono: AppStarted(at=at, mono=mono, app=app, pid=pid, process=process))

    def end(self, app: str, pid: int, process: str = "") -> None:
        self.see(lambda at, mono: AppExited(at=at, mono=mono, app=app, pid=pid, process=process))
