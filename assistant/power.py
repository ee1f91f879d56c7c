"""The machine's power and this process's place in it."""

from __future__ import annotations

import contextlib
import sys

import psutil

# As low as it goes without being "idle only": on a busy machine training still ends some day.
NICE = 15


def on_power() -> bool:
    """Whether the machine is plugged in; one without a battery always is."""
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return battery is None or battery.power_plugged is not False


def lower_priority() -> None:
    """Give way to everything else: processor and, on Linux, disk."""
    process = psutil.Process()
    with contextlib.suppress(psutil.Error, OSError):
        if sys.platform == "win32":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(max(NICE, process.nice()))
    if sys.platform == "linux":
        with contextlib.suppress(psutil.Error, OSError):
            process.ionice(psutil.IOPRIO_CLASS_IDLE)
