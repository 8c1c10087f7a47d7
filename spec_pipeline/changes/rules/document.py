"""The rules about the document around its operations: security, servers, version."""

from spec_pipeline.changes.rules.rule import Level, Rule

_BREAKING, _WARNING, _INFO = Level

RULES = [
    # Security
    Rule(
        "api-security-removed",
        _BREAKING,
        "A way to authenticate is gone.",
        "Authenticate in one of the ways that are left.",
        "oasdiff: info. Here breaking, because calls that authenticate that way are refused",
    ),
    Rule(
        "api-security-relaxed",
        _INFO,
        "A way to authenticate asks for fewer schemes, or for none; credentials that were accepted still are.",
        "Nothing; credentials that are no longer asked for may be left out.",
    ),
    Rule("api-security-added", _INFO, "There is one more way to authenticate.", "Nothing."),
    Rule("api-security-became-required", _BREAKING, "Anonymous calls are refused now.", "Authenticate each call."),
    Rule("api-security-became-optional", _INFO, "Anonymous calls are accepted now.", "Nothing."),
    Rule(
        "api-security-scope-added",
        _BREAKING,
        "One more scope is needed.",
        "Ask for tokens with the new scope.",
        "oasdiff: info. Here breaking, because calls with tokens that lack the scope are refused",
    ),
    Rule("api-security-scope-removed", _INFO, "A scope is not needed any more.", "Nothing."),
    Rule(
        "api-security-component-type-changed",
        _BREAKING,
        "The kind of authentication is another.",
        "Configure the new kind of credentials.",
        "oasdiff: info. Here breaking, because calls with the old credentials fail",
    ),
    Rule(
        "api-security-component-name-changed",
        _BREAKING,
        "The key travels under another name.",
        "Update the client: the old one sends the key where the server does not look.",
    ),
    Rule(
        "api-security-component-in-changed",
        _BREAKING,
        "The key travels in another part of the request.",
        "Update the client: the old one sends the key where the server does not look.",
    ),
    Rule(
        "api-security-component-scheme-changed",
        _BREAKING,
        "The HTTP authentication scheme is another.",
        "Update the client: the old one sends the key in the wrong form.",
    ),
    Rule(
        "api-security-component-oauth-url-changed",
        _WARNING,
        "An address of the OAuth or OpenID flow is another.",
        "Get tokens from the new address.",
        "oasdiff: info. Here a warning, because tokens come from elsewhere",
    ),
    Rule("api-security-component-oauth-scope-added", _INFO, "The flow offers one more scope.", "Nothing."),
    Rule(
        "api-security-component-oauth-scope-removed",
        _WARNING,
        "The flow offers a scope no more.",
        "Stop asking for it.",
        "oasdiff: info. Here a warning, because a token request that names it is refused",
    ),
    Rule(
        "api-security-component-oauth-flow-removed",
        _BREAKING,
        "Tokens do not come through this OAuth flow any more.",
        "Get tokens through one of the flows that are left.",
    ),
    Rule("api-security-component-oauth-flow-added", _INFO, "There is one more OAuth flow.", "Nothing."),
    Rule("api-security-component-added", _INFO, "There is a new security scheme.", "Nothing."),
    Rule(
        "api-security-component-removed",
        _INFO,
        "A security scheme is gone.",
        "Nothing; operations that used it are listed too.",
    ),
    # The document: oasdiff has no rules about servers
    Rule(
        "api-server-removed",
        _BREAKING,
        "The server is not named any more.",
        "Set the base URL to a server that is left.",
    ),
    Rule("api-server-added", _INFO, "There is one more server.", "Nothing."),
    Rule(
        "api-server-default-changed",
        _WARNING,
        "The server that comes first, or the default of a variable in its address, is another.",
        "Name the server wherever code takes the default: it asks another one now.",
    ),
    Rule("api-version-changed", _INFO, "The API has another version.", "Nothing."),
]
