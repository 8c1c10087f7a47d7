"""Tell where a reply of a SOCKS5 proxy ends, and whether it accepts what was asked for (RFC 1928 and 1929)."""

import sys
from collections.abc import Callable

_VERSION = 5
_LOGIN_VERSION = 1
_NO_LOGIN = 0
_ADDRESS_SIZES = {1: 4, 4: 16}
_NAME = 3

_CHECK_LOGIN = "check the user and the password in its address"
_REFUSALS = {
    1: "a general failure",
    2: "its rules do not allow this",
    3: "the network is unreachable",
    4: "the host is unreachable",
    5: "the connection was refused",
    6: "the time to live has passed",
    7: "it knows no such command",
    8: "it knows no such type of address",
}


class Reply:
    """The reply to one message of the client, as it arrives.

    What is passed on to httpcore is always the same short reply, because nobody reads the address in it, and socksio
    cannot decode each that is allowed.

    Attributes:
        missing: how many bytes to read next; 0 if the reply is complete.
        accepted: what to pass on to httpcore.
        is_last: whether the tunnel is open after this reply.
    """

    def __init__(self, message: bytes) -> None:
        """Expect the reply to a message: the greeting, the user and the password, or the request to connect."""
        self.missing = 2
        self.is_last = False
        self._received = b""
        self._count: Callable[[bytes], int]
        if message[0] == _LOGIN_VERSION:
            self._count, self.accepted = _missing_of_login, bytes([_LOGIN_VERSION, 0])
        elif len(message) == 2 + message[1]:  # the greeting: how many methods it offers, and the methods
            offered = message[2]
            self._count, self.accepted = lambda reply: _missing_of_method(reply, offered), bytes([_VERSION, offered])
        else:
            self._count, self.accepted = _missing_of_connection, bytes([_VERSION, 0, 0, 1, 0, 0, 0, 0, 0, 0])
            self.is_last = True

    def receive(self, received: bytes) -> None:
        """Add what has arrived: up to `missing` bytes, or none at the end of the connection.

        Raises:
            httpcore.ProxyError: the reply is a refusal, incomplete or none of SOCKS5.
        """
        if not received:
            raise _failure("the proxy closed the connection before its reply was complete")
        self._received += received
        self.missing = self._count(self._received)


def _missing_of_method(reply: bytes, offered: int) -> int:
    _check_version(reply)
    if len(reply) == 2 and reply[1] != offered:
        what = "a connection without a user" if offered == _NO_LOGIN else "a user and a password"
        raise _failure(f"the proxy does not accept {what}; {_CHECK_LOGIN}")
    return 2 - len(reply)


def _missing_of_login(reply: bytes) -> int:
    """Return how many bytes are missing; like curl, ignore the version, because some proxies send that of SOCKS."""
    if len(reply) == 2 and reply[1]:
        raise _failure(f"the proxy refused the user or the password; {_CHECK_LOGIN}")
    return 2 - len(reply)


def _missing_of_connection(reply: bytes) -> int:
    _check_version(reply)
    if len(reply) < 2:
        return 2 - len(reply)
    if code := reply[1]:  # some proxies send nothing else then
        raise _failure(f"the proxy could not connect: {_REFUSALS.get(code, 'an unknown reason')} (SOCKS reply {code})")
    if len(reply) < 5:  # no address is shorter than the length of a name
        return 5 - len(reply)
    kind = reply[3]
    if kind != _NAME and kind not in _ADDRESS_SIZES:
        raise _not_socks()
    size = 1 + reply[4] if kind == _NAME else _ADDRESS_SIZES[kind]
    return 4 + size + 2 - len(reply)


def _check_version(reply: bytes) -> None:
    if reply[0] != _VERSION:
        raise _not_socks()


def _not_socks() -> Exception:
    return _failure("the reply of the proxy is not SOCKS5; check the scheme and the port of its address")


def _failure(what: str) -> Exception:
    httpcore = sys.modules["httpcore"]  # not imported above, because httpx imports it with the first transport
    error: Exception = httpcore.ProxyError(what)
    return error
