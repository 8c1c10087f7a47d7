"""Import a package in one thread and one of its modules in another, which begins while the first loads a third module.

    python import_threads.py PACKAGE MODULE STEP

takes each STEPth module that the package loads as the third one, and prints the errors of each as JSON.
"""

import importlib
import json
import sys
import threading
from importlib.abc import MetaPathFinder
from typing import Any

OURS = ("apitally_traffic", "apitally_api_client")


class Pause(MetaPathFinder):
    """Call a function when a thread begins to load a module of ours."""

    def __init__(self) -> None:
        self.loaded: list[str] = []
        self.thread: threading.Thread | None = None
        self.module: str | None = None
        self.call: Any = None

    def find_spec(self, name: str, *_: object) -> None:
        """Find nothing."""
        if name.partition(".")[0] in OURS and threading.current_thread() is self.thread:
            self.loaded.append(name)
            if name == self.module:
                self.call()


def import_both(package: str, module: str, *, at: str | None) -> list[str]:
    """Import both for the first time, and return the errors."""
    for name in list(sys.modules):
        if name.partition(".")[0] in OURS:
            del sys.modules[name]
    errors: list[str] = []

    def load(name: str) -> None:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - whatever it is
            errors.append(repr(error))

    second = threading.Thread(target=load, args=[module])

    def begin_second() -> None:
        second.start()
        second.join(0.05)  # it waits for the first thread, or has ended

    pause.thread, pause.module, pause.call = threading.Thread(target=load, args=[package]), at, begin_second
    pause.thread.start()
    pause.thread.join()
    if at is not None:
        second.join()
    return errors


if __name__ == "__main__":
    pause = Pause()
    sys.meta_path.insert(0, pause)
    package, module, step = sys.argv[1:]
    import_both(package, module, at=None)
    # The last package of ours is loaded within a millisecond of the first.
    loaded = pause.loaded[pause.loaded.index("apitally_api_client") :: int(step)]
    found = {name: import_both(package, module, at=name) for name in loaded}
    json.dump({"pairs": len(loaded), "errors": {name: errors for name, errors in found.items() if errors}}, sys.stdout)
