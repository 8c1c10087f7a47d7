"""Forms of the key that a template can name: what is sent for them, and what a shell makes of the variable."""

from collections.abc import Callable

from contract_tests.exchange import KEY_VARIABLE

# Beside each change of the key, bash's own expansion for the same.
_KEY_FORMS: dict[str, tuple[Callable[[str], str], str]] = {
    "{key}": (lambda key: key, f"${KEY_VARIABLE}"),
    "{key:without-last}": (lambda key: key[:-1], f"${{{KEY_VARIABLE}%?}}"),
    "{key:without-first}": (lambda key: key[1:], f"${{{KEY_VARIABLE}#?}}"),
    "{key:swapped-case}": (str.swapcase, f"${{{KEY_VARIABLE}~~}}"),
}


def fill(template: str, key: str) -> str:
    """Put the key in the place of each form that a template names."""
    for name, (change, _) in _KEY_FORMS.items():
        template = template.replace(name, change(key))
    return template


def shell(template: str) -> str:
    """Put the variable of the key in the place of each form that a template names."""
    for name, (_, expansion) in _KEY_FORMS.items():
        template = template.replace(name, expansion)
    return template
