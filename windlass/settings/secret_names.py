"""Which names say that their value is a secret: judged by their parts, in any spelling."""

from __future__ import annotations

import re
from functools import lru_cache


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NOUNS = _set("""
    apikey apikeys accesskey authkey cookiekey creds credential credentials encryptionkey kennwort masterkey pass
    passcode passphrase passphrases passwd passwds passwort password passwords pgpass privatekey privatekeys privkey
    psk pswd pw pwd secret secretkey secrets sessionkey sharedkey signingkey token tokens
    """)
# Where a word ends in one of these, they are words of their own: dbpassword, bindpw; longer ones first.
_ENDING = re.compile(rf"(.+?)({'|'.join(sorted(_NOUNS, key=len, reverse=True))})")
_OTHER_WORDS = _set("bypass compass encompass impass oldpwd overpass surpass trespass underpass")
_KEYS = frozenset({"key", "keys"})
# What a word before these makes of them: nginx's proxy_pass, max_tokens, a public key.
_HARMLESS = {
    "pass": _set("band by fastcgi first grpc high low memcached proxy scgi second single uwsgi"),
    "tokens": _set("completion input max min num output prompt total"),
    "credentials": frozenset({"application"}),  # the path of a file, to Google's libraries
    "key": _set("""
        apt authorized cache column config dict foreign gpg group hash header host index json known label lookup map
        object partition pgp primary pub public publishable range registry repo repository routing row rpm search shard
        shortcut site sort ssh tag trusted unique yum
        """),
}
# What may stand behind a secret's name, and says which one it is: password_prod, secret_key_base.
_WHICH = _set("""
    admin b b64 backup base base64 clear cleartext content contents current data default dev devel development encoded
    fallback fallbacks hex legacy live main new next old override pem plain plaintext prev previous primary prod
    production qa raw root salt sandbox secondary stage staging str string test testing text v value values
    """)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LETTERS = re.compile(r"[A-Za-z]+")


@lru_cache(4096)
def is_secret(name: str) -> bool:
    """Whether a name says that its value is a secret: `DB_PASSWORD`, `clientSecret`, `bindpw`; not `token_url`."""
    for pattern in (_PARTS, _LETTERS):
        words = _words(pattern.findall(name))
        if _is_secret(words) or any(_is_secret(words[: words.index(end)]) for end in ("for", "of") if end in words):
            return True
    return False


def _words(parts: list[str]) -> list[str]:
    words: list[str] = []
    for part in parts:
        word = part.lower()
        run = _ENDING.fullmatch(word) if word not in _NOUNS | _OTHER_WORDS else None
        words += [run[1], run[2]] if run else [word]
    return words


def _is_secret(words: list[str]) -> bool:
    *before, last = words or [""]
    while before and last in _WHICH:
        *before, last = before
    if last in _KEYS:
        return bool(before) and before[-1] not in _HARMLESS["key"]
    if last == "pass" and before[-1:] == ["proxy"] and before[-2:-1] in (["http"], ["https"]):
        return True
    return last in _NOUNS and not (before and before[-1] in _HARMLESS.get(last, ()))
