"""Where an app's certificate comes from."""

from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from windlass.settings.model import Model
from windlass.settings.words import DirectoryUrl, Email, ProjectPath

PRODUCTION = "https://acme-v02.api.letsencrypt.org/directory"
STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"


class Tls(Model):
    """Where a certificate comes from; `tls: self-signed` is short for `tls: {mode: self-signed}`."""

    mode: Literal["letsencrypt", "self-signed", "off"] = Field(
        "letsencrypt", description="Where the certificate comes from; off serves plain HTTP."
    )
    email: Email | None = Field(None, description="The address Let's Encrypt may write to; not required.")
    staging: bool = Field(
        False, description="Use Let's Encrypt's staging directory: untrusted certificates, generous limits."
    )
    directory_url: DirectoryUrl = Field(
        "", description="The ACME directory; default Let's Encrypt's.", validate_default=True
    )
    ca_file: ProjectPath | None = Field(
        None, description="A PEM file of the CA that the ACME directory's own certificate is checked with."
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"mode": value} if isinstance(value, str | bool) else value

    @field_validator("mode", mode="before")
    @classmethod
    def _off_is_a_boolean_in_yaml(cls, value: Any) -> Any:
        return "off" if value is False else value

    @field_validator("directory_url", mode="before")
    @classmethod
    def _let_s_encrypt(cls, value: Any, info: ValidationInfo) -> Any:
        staging = info.data.get("staging", False)
        if value and staging:
            raise ValueError("staging picks the directory already: give either staging or directory_url")
        return value or (STAGING if staging else PRODUCTION)

    @field_validator("ca_file")
    @classmethod
    def _readable(cls, path: Any) -> Any:
        if path is not None and not path.is_file():
            raise ValueError(f"{str(path)!r} is not a file")
        return path
