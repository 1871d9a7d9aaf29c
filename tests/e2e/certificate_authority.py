"""A certificate authority of a company, and certificates that it issues."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes

A_DAY = timedelta(days=1)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


class CertificateAuthority:
    """Its root is in `root`."""

    def __init__(self, directory: Path, name: str):
        directory.mkdir(parents=True, exist_ok=True)
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.root = directory / "root.pem"
        certificate = self._sign(
            self._builder(self.name, self.key.public_key()).add_extension(
                x509.BasicConstraints(ca=True, path_length=0), critical=True
            )
        )
        self.root.write_bytes(certificate)

    def _builder(
        self,
        subject: x509.Name,
        key: CertificateIssuerPublicKeyTypes,
        lasts: timedelta = 30 * A_DAY,
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return x509.CertificateBuilder(
            issuer_name=self.name,
            subject_name=subject,
            public_key=key,
            serial_number=x509.random_serial_number(),
            not_valid_before=now - 2 * A_DAY,
            not_valid_after=now + lasts,
        )

    def _sign(self, builder: x509.CertificateBuilder) -> bytes:
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def issue(
        self, certificate: Path, key: Path, host: str, lasts: timedelta = 30 * A_DAY
    ) -> int:
        """Writes a certificate for a host, and its key; returns its serial number."""
        own = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
        builder = self._builder(subject, own.public_key(), lasts)
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        signed = self._sign(builder.add_extension(names, critical=False))
        certificate.write_bytes(signed)
        key.write_bytes(_pem(own))
        key.chmod(0o600)
        return x509.load_pem_x509_certificate(signed).serial_number
