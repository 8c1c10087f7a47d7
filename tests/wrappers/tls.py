"""A certificate for a server on this machine, which clients trust."""

from pathlib import Path

import pytest

trustme = pytest.importorskip("trustme", reason="of the dependency group `test`")


def trusted_certificate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a private key and a certificate for 127.0.0.1 into one file, and make `SSL_CERT_FILE` trust it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    server = folder / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(server))
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
    for name in ("ALL_PROXY", "HTTPS_PROXY", "all_proxy", "https_proxy", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
    return server
