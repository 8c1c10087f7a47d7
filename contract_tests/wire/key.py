"""Forms of the key that a template can name: what is sent for them, and how a shell expands them."""

import re
from collections.abc import Callable

from contract_tests.exchange import KEY_VARIABLE

# Each change of the key, with the expansion in bash that does the same.
_KEY_FORMS: dict[str, tuple[Callable[[str], str], str]] = {
    "{key}": (lambda key: key, f"${KEY_VARIABLE}"),
    "{key:without-last}": (lambda key: key[:-1], f"${{{KEY_VARIABLE}%?}}"),
    "{key:without-first}": (lambda key: key[1:], f"${{{KEY_VARIABLE}#?}}"),
    "{key:swapped-case}": (str.swapcase, f"${{{KEY_VARIABLE}~~}}"),
}


def fill(template: str, key: str) -> str:
    """Replace each form that a template names by that form of the key."""
    for name, (change, _) in _KEY_FORMS.items():
        template = template.replace(name, change(key))
    return template


def shell(template: str) -> str:
    """Replace each form that a template names by its expansion in bash."""
    # Before a letter, the end of the variable's name has to be marked.
    template = re.sub(r"{key}(?=\w)", f"${{{KEY_VARIABLE}}}", template)
    for name, (_, expansion) in _KEY_FORMS.items():
        template = template.replace(name, expansion)
    return template
