"""Certificates for tests: a company's own authority, servers that it vouches for, and one that vouches for itself."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """Issues certificates into a folder.

    Attributes:
        file: Its own certificate, PEM.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Prüfstelle der Firma")
        self.file = folder / "ca.pem"
        self._write(self.file, _signed(self._name, self._name, self._key, self._key, ca=True))

    def server(self, host: str, *, days: int = 2) -> ssl.SSLContext:
        """A server of this name, vouched for by the authority, for so many days from yesterday."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._context(_signed(_name(host), self._name, key, self._key, host=host, days=days), key)

    def self_signed(self, host: str) -> ssl.SSLContext:
        """A server of this name that vouches for itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._context(_signed(_name(host), _name(host), key, key, host=host), key)

    def _context(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
        file = self._folder / f"{certificate.serial_number}.pem"
        self._write(file, certificate)
        with file.open("ab") as out:
            out.write(
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    @staticmethod
    def _write(file: Path, certificate: x509.Certificate) -> None:
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _signed(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, *,
    ca: bool = False, host: str = "", days: int = 2,
) -> x509.Certificate:  # fmt: skip
    begin = datetime.now(UTC) - timedelta(days=1)
    found = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin - timedelta(days=1))
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    if host:
        found = found.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return found.sign(by, hashes.SHA256())
