"""Short fingerprints of secrets, to see whether two are the same or one has changed."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from windlass.agent import files
from windlass.secrets.keyring import config_folder

LENGTH = 8


class Fingerprints:
    """Fingerprints keyed with a random key of this user's: to anybody else, even one who guesses, they say nothing."""

    def __init__(self) -> None:
        path = config_folder() / "fingerprint.key"
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            files.replace(str(path), secrets.token_bytes(32), mode=0o600)
        self._key = path.read_bytes()

    def of(self, value: str) -> str:
        """The fingerprint of a value."""
        return hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest()[:LENGTH]
