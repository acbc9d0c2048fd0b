from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from kundenecho.errors import SettingsError
from spiders.jwt_tokens import signed


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    coding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(coding, form, serialization.NoEncryption()).decode()


RSA, EC = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
WRONG_CURVE = ec.generate_private_key(ec.SECP384R1())


@pytest.mark.parametrize("written", [lambda key: key, lambda key: key.replace("\n", "\\n"), lambda key: f"  {key}\n\n"])
@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256")])
def test_a_token_can_be_verified(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, algorithm: str, written) -> None:  # type: ignore[no-untyped-def]
    token = signed(written(pem(key)), {"iss": "a"}, {"kid": "k1"}, algorithm)
    assert jwt.decode(token, key.public_key(), [algorithm]) == {"iss": "a"}
    assert jwt.get_unverified_header(token) == {"alg": algorithm, "typ": "JWT", "kid": "k1"}


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [("", "RS256"), ("geheim", "RS256"), ("geheim", "ES256"), (pem(EC), "RS256"), (pem(RSA), "ES256"),
     (pem(WRONG_CURVE), "ES256"), (pem(RSA)[:400], "RS256"), ("gehéim\x00", "ES256"), (pem(RSA), "none"), (pem(RSA), "RS1")],
)  # fmt: skip
def test_a_key_that_cannot_sign_is_not_quoted(key: str, algorithm: str) -> None:
    with pytest.raises(SettingsError, match="cannot sign") as caught:
        signed(key, {"iss": "a"}, None, algorithm)
    assert "geh" not in str(caught.value)
    assert key[60:90] not in str(caught.value) or not key[60:90]
    assert caught.value.__suppress_context__
