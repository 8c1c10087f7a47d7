"""Compile the templates of the generator once for all tests: it takes most of the time of a small package."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket


class _Compiled(BytecodeCache):
    """The compiled templates, by the key of jinja2, which has the name of a template and its text."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (code := self._code.get(bucket.key)) is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


@contextmanager
def compiled_once() -> Iterator[None]:
    """Let each generator of the block use the templates that an earlier one has compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("openapi_python_client.Environment", partial(Environment, bytecode_cache=_Compiled()))
        yield
