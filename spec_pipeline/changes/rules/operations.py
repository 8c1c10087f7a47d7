"""The rules about operations: parameters, bodies, responses, links, and the webhooks and callbacks that come back."""

from spec_pipeline.changes.rules.rule import Effect, Level, Rule

_BREAKING, _WARNING, _INFO = Level

_FUNCTION = "the generated function takes its name and its module from it, and people import both"
_KEYWORD = (
    "oasdiff: warning. Here breaking, because the generated code loses the name: a call that uses it raises TypeError"
)
_GONE = "oasdiff: info once it was announced. Here breaking, because calls fail whether announced or not"

RULES = [
    # Operations and paths
    Rule(
        "api-path-removed-without-deprecation",
        _BREAKING,
        "The path is gone, and was not deprecated.",
        "Stop calling it; the generated function is gone.",
    ),
    Rule(
        "api-path-removed-with-deprecation",
        _BREAKING,
        "The path is gone; it was deprecated.",
        "Stop calling it; the generated function is gone.",
        _GONE,
    ),
    Rule(
        "api-removed-without-deprecation",
        _BREAKING,
        "The operation is gone, and was not deprecated.",
        "Stop calling it; the generated function is gone.",
    ),
    Rule(
        "api-removed-with-deprecation",
        _BREAKING,
        "The operation is gone; it was deprecated.",
        "Stop calling it; the generated function is gone.",
        _GONE,
    ),
    Rule("endpoint-added", _INFO, "The operation is new.", "Nothing; the generated client gains a function."),
    Rule("endpoint-deprecated", _INFO, "The operation is deprecated.", "Plan to stop calling it."),
    Rule("endpoint-reactivated", _INFO, "The operation is not deprecated any more.", "Nothing."),
    Rule(
        "api-operation-id-removed",
        _WARNING,
        "The operationId is another.",
        "Change imports of the generated function, unless overlay.yaml names it.",
        f"oasdiff: info. Here a warning, because {_FUNCTION}",
    ),
    Rule(
        "api-operation-id-added",
        _WARNING,
        "The operation has an operationId now.",
        "Change imports of the generated function, unless overlay.yaml names it.",
        f"oasdiff: info. Here a warning, because {_FUNCTION}",
    ),
    Rule(
        "api-tag-removed",
        _WARNING,
        "A tag is gone.",
        "Change imports of the generated function if its module moved.",
        f"oasdiff: info. Here a warning, because {_FUNCTION}",
    ),
    Rule(
        "api-tag-added",
        _INFO,
        "There is one more tag.",
        "Change imports of the generated function if its module moved.",
    ),
    Rule(
        "api-tag-first-changed",
        _WARNING,
        "Another tag comes first, after which the generated module is named.",
        "Change imports of the generated function: its module moves.",
    ),
    # Parameters
    Rule(
        "new-required-request-parameter",
        _BREAKING,
        "There is a new required parameter.",
        "Add it to each call; without it the server refuses.",
    ),
    Rule(
        "new-request-path-parameter",
        _BREAKING,
        "The path has a new parameter.",
        "Add it to each call.",
    ),
    Rule("new-optional-request-parameter", _INFO, "There is a new optional parameter.", "Nothing; use it if you like."),
    Rule(
        "request-parameter-removed",
        _BREAKING,
        "The parameter is gone.",
        "Remove it from each call.",
        _KEYWORD,
    ),
    Rule(
        "request-path-parameter-renamed",
        _BREAKING,
        "The parameter of the path has another name; the URL is the same.",
        "Rename the argument in calls that pass it by keyword.",
    ),
    Rule("request-parameter-became-required", _BREAKING, "The parameter is required now.", "Add it to each call."),
    Rule("request-parameter-became-optional", _INFO, "The parameter may be left out now.", "Nothing."),
    Rule("request-parameter-deprecated", _INFO, "The parameter is deprecated.", "Plan to stop sending it."),
    Rule("request-parameter-reactivated", _INFO, "The parameter is not deprecated any more.", "Nothing."),
    Rule(
        "request-parameter-style-changed",
        _BREAKING,
        "The parameter is written another way into the request.",
        "Regenerate the client; calls that build URLs themselves have to change.",
    ),
    Rule(
        "request-parameter-explode-changed",
        _BREAKING,
        "Lists or objects are written another way into the request.",
        "Regenerate the client; calls that build URLs themselves have to change.",
    ),
    Rule(
        "request-parameter-became-not-allow-reserved",
        _BREAKING,
        "Reserved characters have to be escaped now.",
        "Escape them where you build URLs yourself.",
    ),
    Rule("request-parameter-became-allow-reserved", _INFO, "Reserved characters may stand unescaped now.", "Nothing."),
    Rule(
        "request-parameter-became-not-allow-empty-value",
        _BREAKING,
        "It may not be sent without a value any more.",
        "Send a value, or leave the parameter out.",
    ),
    Rule("request-parameter-became-allow-empty-value", _INFO, "It may be sent without a value now.", "Nothing."),
    # Request bodies
    Rule("request-body-added-required", _BREAKING, "A body has to be sent now.", "Send one with each call."),
    Rule("request-body-added-optional", _INFO, "A body may be sent now.", "Nothing."),
    Rule("request-body-removed", _BREAKING, "The body is gone.", "Stop sending one."),
    Rule("request-body-became-required", _BREAKING, "The body is required now.", "Send one with each call."),
    Rule("request-body-became-optional", _INFO, "The body may be left out now.", "Nothing."),
    Rule(
        "request-body-media-type-removed",
        _BREAKING,
        "The media type is not accepted any more.",
        "Send one of the media types that are left.",
    ),
    Rule("request-body-media-type-added", _INFO, "One more media type is accepted.", "Nothing."),
    Rule(
        "request-body-media-type-name-generalized",
        _INFO,
        "A range of media types that includes this one is accepted.",
        "Nothing.",
    ),
    Rule(
        "request-body-media-type-name-specialized",
        _BREAKING,
        "Only one media type of the range is accepted.",
        "Send the media type that is left.",
    ),
    Rule("new-required-request-property", _BREAKING, "There is a new required property.", "Send it in each body."),
    Rule("new-optional-request-property", _INFO, "There is a new optional property.", "Nothing; use it if you like."),
    Rule("request-property-removed", _BREAKING, "The property is gone.", "Stop sending it.", _KEYWORD),
    Rule(
        "request-property-became-required",
        _BREAKING,
        "The property is required now.",
        "Send it in each body.",
        effect=Effect.NARROWS,
    ),
    Rule(
        "request-property-became-optional",
        _INFO,
        "The property may be left out now.",
        "Nothing.",
        effect=Effect.WIDENS,
    ),
    Rule("request-property-deprecated", _INFO, "The property is deprecated.", "Plan to stop sending it."),
    Rule("request-property-reactivated", _INFO, "The property is not deprecated any more.", "Nothing."),
    # Responses
    Rule(
        "response-success-status-removed",
        _BREAKING,
        "The success status is not documented any more.",
        "Change code that expects it; the client raises for statuses that it does not know.",
    ),
    Rule(
        "response-success-status-added",
        _WARNING,
        "A success status is new.",
        "Handle it: the generated function may return another type.",
        "oasdiff: info. Here a warning, because a success that no code reads is data lost in silence",
    ),
    Rule(
        "response-non-success-status-removed",
        _BREAKING,
        "The error status is not documented any more.",
        "Check what comes instead; code that catches its exception may never run again.",
        "oasdiff: info. Here breaking, because the client's exceptions, for 401 and 422 too, follow them",
    ),
    Rule("response-non-success-status-added", _INFO, "An error status is new.", "Nothing; the client raises for it."),
    Rule(
        "response-status-generalized",
        _WARNING,
        "The status is described by a range, or by the default, so that other statuses may come.",
        "Handle the other statuses, too.",
    ),
    Rule(
        "response-status-specialized",
        _INFO,
        "A range of statuses, or the default, is described by single statuses.",
        "Nothing.",
    ),
    Rule(
        "response-media-type-name-generalized",
        _BREAKING,
        "The response comes in any media type of a range.",
        "Handle the other media types of the range.",
    ),
    Rule(
        "response-media-type-name-specialized", _INFO, "The response comes in one media type of the range.", "Nothing."
    ),
    Rule(
        "response-media-type-removed",
        _BREAKING,
        "The response does not come in this media type any more.",
        "Read one of the media types that are left.",
    ),
    Rule("response-media-type-added", _INFO, "The response comes in one more media type.", "Nothing."),
    Rule(
        "response-media-type-first-changed",
        _WARNING,
        "Another media type comes first, as which the generated code reads each response of this status.",
        "Check that code that reads it gets the class that it expects.",
    ),
    Rule(
        "response-required-property-removed",
        _BREAKING,
        "The required property is gone.",
        "Stop reading it; the generated model loses the attribute.",
    ),
    Rule(
        "response-optional-property-removed",
        _WARNING,
        "The optional property is gone.",
        "Stop reading it; the generated model loses the attribute.",
    ),
    Rule(
        "response-required-property-added", _INFO, "There is a new required property.", "Nothing; read it if you like."
    ),
    Rule(
        "response-optional-property-added", _INFO, "There is a new optional property.", "Nothing; read it if you like."
    ),
    Rule(
        "response-property-became-optional",
        _BREAKING,
        "The property may be missing now.",
        "Handle UNSET where it is read.",
    ),
    Rule("response-property-became-required", _INFO, "The property always comes now.", "Nothing."),
    Rule("response-property-deprecated", _INFO, "The property is deprecated.", "Plan to stop reading it."),
    Rule("response-property-reactivated", _INFO, "The property is not deprecated any more.", "Nothing."),
    Rule("required-response-header-removed", _BREAKING, "The required header is gone.", "Stop reading it."),
    Rule("optional-response-header-removed", _WARNING, "The optional header is gone.", "Stop reading it."),
    Rule("response-header-added", _INFO, "There is a new header.", "Nothing; read it if you like."),
    Rule("response-header-became-optional", _BREAKING, "The header may be missing now.", "Handle its absence."),
    Rule("response-header-became-required", _INFO, "The header always comes now.", "Nothing."),
    Rule(
        "response-header-style-changed",
        _BREAKING,
        "The header is written another way.",
        "Change code that reads it.",
    ),
    Rule(
        "response-header-explode-changed",
        _BREAKING,
        "Lists or objects are written another way into the header.",
        "Change code that reads it.",
    ),
    Rule(
        "response-link-removed",
        _WARNING,
        "The response no longer says which operation a value of it leads to.",
        "Call the operation without the help of the link.",
    ),
    Rule("response-link-added", _INFO, "The response says which operation a value of it leads to.", "Nothing."),
    Rule(
        "response-link-changed",
        _WARNING,
        "The link leads to another operation, or passes other values to it.",
        "Check code that follows the link.",
    ),
    # Webhooks and callbacks
    Rule("webhook-removed", _BREAKING, "The webhook is gone.", "Stop waiting for its requests."),
    Rule("webhook-added", _INFO, "The webhook is new.", "Nothing; receive it if you like."),
    Rule("callback-removed", _BREAKING, "The callback is gone.", "Stop waiting for its requests."),
    Rule("callback-added", _INFO, "The callback is new.", "Nothing; receive it if you like."),
    Rule(
        "expected-response-status-removed",
        _BREAKING,
        "The status is no longer among those that the API expects from the receiver.",
        "Answer with one of the statuses that are left.",
    ),
    Rule(
        "expected-response-status-added",
        _INFO,
        "The API accepts one more status from the receiver.",
        "Nothing.",
    ),
]
