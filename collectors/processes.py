"""Names of processes, asked once per process: a pid alone may be used again, pid and start time may not."""

from __future__ import annotations

from collections import OrderedDict

from collectors.wellformed import wellformed

# Far more than anyone has windows open; keeps the cache from growing for ever.
_KEPT = 256


class ProcessNames:
    """``name`` of the executable by pid, cached by pid and start time."""

    def __init__(self) -> None:
        self._names: OrderedDict[tuple[int, float], str] = OrderedDict()

    def identity(self, pid: int) -> tuple[int, float] | None:
        """Pid and start time; None when there is no such process (any more)."""
        import psutil

        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return pid, process.create_time()
        except (psutil.Error, ValueError, OSError):
            return None

    def name(self, pid: int | None) -> str:
        """The executable's name, '' when unknown."""
        import psutil

        key = self.identity(pid) if pid else None
        if key is None:
            return ""
        if key not in self._names:
            try:
                self._names[key] = wellformed(psutil.Process(key[0]).name())
            except (psutil.Error, OSError):
                return ""
            while len(self._names) > _KEPT:
                self._names.popitem(last=False)
        return self._names[key]
