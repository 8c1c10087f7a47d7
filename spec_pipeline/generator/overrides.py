"""Entries of the generator's configuration by name, of which it is known afterwards which ones had an effect."""

from typing import Any

from openapi_python_client.config import Config


class _Watched(dict[str, Any]):
    """Entries by name, which remember the names that were looked up."""

    def __init__(self, entries: dict[str, Any]) -> None:
        super().__init__(entries)
        self._looked_up: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        """Return the entry of a name."""
        self._looked_up.add(key)
        return super().get(key, default)

    def idle(self) -> list[str]:
        """Return the names that were never looked up."""
        return [name for name in self if name not in self._looked_up]


class Overrides:
    """The overrides of a configuration, while the generator reads a document."""

    def __init__(self, config: Config) -> None:
        """Watch the overrides of a configuration, in which the generator looks up each class and each content type."""
        config.class_overrides = self._classes = _Watched(config.class_overrides)
        config.content_type_overrides = self._content_types = _Watched(config.content_type_overrides)

    def idle(self) -> list[str]:
        """Return a sentence for each entry that fits nothing."""
        return [
            *(
                f"class_overrides has {name}, but no class would have this name; correct it, or remove the entry."
                for name in self._classes.idle()
            ),
            *(
                f"content_type_overrides has {name}, but no operation has this content type; correct it, or remove the "
                "entry."
                for name in self._content_types.idle()
            ),
        ]
