"""The refusal of a spec of which the generator would leave out, or write wrongly, some parts."""

from collections.abc import Sequence

from spec_pipeline.generator.limitations.limitation import Limitation
from spec_pipeline.project import PipelineError

_MAX_PARTS = 5


class RefusedError(PipelineError):
    """The spec cannot be generated as it is.

    Attributes:
        heading: what the parts have in common.
        parts: a line for each of them.
    """

    def __init__(self, sentence: str, heading: str, parts: Sequence[str]) -> None:
        """Store a sentence, which names the first parts, and all of them."""
        super().__init__(sentence)
        self.heading = heading
        self.parts = tuple(parts)


def refuse_limitations(limitations: Sequence[Limitation], unread: Sequence[str], cure: str) -> RefusedError:
    """Return the error for parts that would be written wrongly.

    Args:
        limitations: the parts.
        unread: what the generator itself says of others, which it cannot read.
        cure: a sentence that says what to do about these.
    """
    limitations = _each_once(limitations)
    listed = "; ".join(f"{part.place}: {part.fault}" for part in limitations[:_MAX_PARTS]) + count_of_others(
        limitations
    )
    cures = " ".join(dict.fromkeys(part.cure for part in limitations[:_MAX_PARTS]))
    others = f" What it cannot read at all ({len(unread)}) is listed above, too. {cure}" if unread else ""
    return RefusedError(
        f"openapi-python-client would generate a client that is wrong: {listed}. {cures}{others}",
        "openapi-python-client would write these parts wrongly"
        f"{', and cannot read those at the end' if unread else ''}:",
        [*(f"{part.place}: {part.fault}; {_continued(part.cure)}" for part in limitations), *unread],
    )


def count_of_others(parts: Sequence[object]) -> str:
    """Return how many parts a sentence does not name, and where they are; empty for none."""
    others = len(parts) - _MAX_PARTS
    return f"; and {others} more, {len(parts)} in all, as listed above" if others > 0 else ""


def _each_once(limitations: Sequence[Limitation]) -> list[Limitation]:
    """Return each part once; one of a component names the operations that share it."""
    operations: dict[Limitation, list[str]] = {}
    for part in limitations:
        operations.setdefault(part._replace(operation=""), []).append(part.operation)
    return [part._replace(place=part.place + _in(list(dict.fromkeys(names)))) for part, names in operations.items()]


def _in(operations: list[str]) -> str:
    first, *others = operations
    more = f" and {len(others)} more operation{'s' if len(others) > 1 else ''}" if others else ""
    return f", in {first}{more}" if first else ""


def _continued(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].removesuffix(".")
