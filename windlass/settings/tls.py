"""Where an app's certificate comes from, and how TLS is spoken."""

from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from windlass.errors import InventoryError
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
    hsts: Literal["off", "on", "subdomains", "preload"] = Field(
        "on",
        description="Have browsers insist on HTTPS for two years (HSTS): for the domain, for all below it as well, or"
        " so that browsers may have it built in. The last two cannot be taken back soon.",
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"mode": value} if isinstance(value, str | bool) else value

    @field_validator("mode", "hsts", mode="before")
    @classmethod
    def _off_is_a_boolean_in_yaml(cls, value: Any, info: ValidationInfo) -> Any:
        if value is False:
            return "off"
        return "on" if value is True and info.field_name == "hsts" else value

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
        if path is not None:
            from windlass.settings import roots  # ssl takes a while to import

            try:
                roots.read(path)
            except InventoryError as error:
                raise ValueError(str(error)) from None
        return path


class HostTls(Tls):
    """The TLS settings of a host, which has one profile: a server learns too late whom a visitor asks for."""

    profile: Literal["modern", "intermediate"] = Field(
        "intermediate",
        description="Mozilla's guideline to follow: modern is TLS 1.3 alone, intermediate also serves older programs.",
    )
