"""Which names are those of secrets, both ways, in all spellings that were met."""

from __future__ import annotations

import pytest

from windlass.settings.environment import is_secret_in
from windlass.settings.secret_names import is_secret

SECRET = """
    A_PASS adminPwd admin_pw ansible_become_pass ansible_ssh_pass API_KEYS apiToken api-key APIKEY apikey APIKey
    authToken AWS_SECRET_ACCESS_KEY access_token accessToken bindpw clientSecret cookie_secret credentials db.password
    DB_PASS dbPASSWORD dbpassword db_passwords DJANGO_SECRET_KEY_FALLBACKS encryption_key GITHUB_PAT_TOKEN hmac_key
    HTTP_PROXY_PASS jwtSecret kc_client_secret key_password keystorePassword ldap_bindpw mailgunApiKey masterkey
    mysqlpass mysql_root_password OAuthToken pass passphrase PassWord password2 passwords password_prod password_root
    PASSWORD_SALT passwort passwd pgpass privatekey pw pwd refreshToken requirepass rootpw secret secretKeyBase secrets
    SECRET_KEY SECRET_KEY_BASE sessionSecret signing_key slack_token smtp_pwd ssh_private_key STRIPE_KEY sudo_pass
    TOKENS token_for_ci userpw user_password_plain vault_pass wifi_psk
"""
HARMLESS = """
    ansible_private_key_file ansible_user apt_key authorized_keys AWS_ACCESS_KEY_ID bypass BYPASS cache_key compass
    fastcgi_pass gpg_key gpg_key_id GOOGLE_APPLICATION_CREDENTIALS hockey host_key JWT_PUBLIC_KEYS
    JWT_TOKEN_LOCATION key keyboard keyid keymap KEYS keys keyserver key_name maxTokens max_tokens monkey OLDPWD
    passenger passive passport
    passthrough passwd_file passwordless PASSWORD_HASHER password_authentication password_file
    password_min_length password_policy primary_key private_key_file proxy_pass PUBLIC_KEY pubkey publicKey secretary
    secretsmanager secret_backend secret_name sort_key ssh_host_key ssh_key ssh_keys ssh_public_key
    STRIPE_PUBLISHABLE_KEY tokenExpiry tokenizer tokens_per_minute token_ttl token_url turkey
"""


@pytest.mark.parametrize("name", SECRET.split())
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", HARMLESS.split())
def test_names_of_no_secrets(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("deploy_key", "files/deploy.pub", False),
        ("deploy_key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me@example.com", False),
        ("deploy_key", "files/deploy", True),
        ("ssh_key", "id.pub", False),
        ("ssh_key", "-----BEGIN OPENSSH PRIVATE KEY-----", True),
        ("allow_empty_password", "yes", False),
        ("allow_empty_password", False, False),
        ("db_password", None, False),
        ("db_password", 123456, True),
        ("user_hash", "$6$salt$abc", True),
    ],
)
def test_a_value_may_say_more_than_its_name(name: str, value: object, expected: bool) -> None:
    assert is_secret_in((name,), value) is expected
