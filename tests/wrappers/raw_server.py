"""A server that sends whatever bytes a test wants, at whatever pace."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

PAGE = json.dumps({"data": [], "has_more": False, "next_token": None}).encode()


@contextlib.contextmanager
def raw_server(respond: Callable[[socket.socket], Any], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Run a server that calls `respond` with the connection for each request, and yield its URL."""
    connections: list[socket.socket] = []

    def serve(accepted: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            accepted,
            tls.wrap_socket(accepted, server_side=True) if tls else accepted as connection,
        ):
            buffer = b""
            while received := connection.recv(65536):
                buffer += received
                while b"\r\n\r\n" in buffer:
                    buffer = buffer.partition(b"\r\n\r\n")[2]
                    respond(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connections.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def full_server(address: str, port: int = 0) -> Iterator[int]:
    """Listen at an address where no more connection is accepted, and yield the port."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)  # noqa: FBT003 - as the socket module has it
            filler.connect_ex(listener.getsockname())
        yield int(listener.getsockname()[1])


def response(body: bytes = PAGE, *headers: str, status: str = "200 OK") -> bytes:
    """Return a complete response as bytes."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
