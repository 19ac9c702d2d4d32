"""How to reach a host, from Ansible's connection variables."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from windlass.host import Connect
from windlass.inventory.prefix import variable_of
from windlass.settings.model import one_line, word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from windlass.inventory.values import Values

# Older names that Ansible still reads; of several the last in this order wins, as there.
SYNONYMS = {
    "ansible_ssh_host": "ansible_host",
    "ansible_ssh_port": "ansible_port",
    "ansible_ssh_user": "ansible_user",
    "ansible_ssh_private_key_file": "ansible_private_key_file",
    "ansible_ssh_pass": "ansible_password",
    "ansible_ssh_password": "ansible_password",
    "ansible_sudo": "ansible_become",
    "ansible_sudo_user": "ansible_become_user",
    "ansible_become_pass": "ansible_become_password",  # nosec B105
    "ansible_sudo_pass": "ansible_become_password",  # nosec B105
}
_Ssh = Literal["ssh", "paramiko", "paramiko_ssh", "libssh", "smart"]
_JUMP = r"(\w[\w.-]*@)?(\w[\w.-]*|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?"
_WORDS_OF_TRUTH = {
    "yes": True,
    "true": True,
    "on": True,
    "1": True,
    "no": False,
    "false": False,
    "off": False,
    "0": False,
}


def _truth(value: Any) -> Any:
    return _WORDS_OF_TRUTH.get(str(value).lower(), value)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _proxy_jump(value: Any) -> str | None:
    """The jump hosts that ssh options name first, as -J takes them; "none" = they want none, None = they name none.

    Options that steer ssh itself (StrictHostKeyChecking, ControlPersist ...) have no meaning here and are passed over.
    """
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    try:
        options = shlex.split(one_line(value))
    except ValueError as error:
        raise ValueError(f"{value!r} cannot be read as options of ssh: {error}") from None
    jump = None
    words = iter(options)
    for option in words:
        if option.startswith("-J"):
            said: str | None = _jump_hosts(option[2:] or next(words, ""))
        elif option.startswith("-o"):
            name, setting = re.split(r"[\s=]+|$", (option[2:] or next(words, "")).strip(), maxsplit=1)
            said = _of_option(name.lower(), setting)
        elif re.fullmatch(r"-[46AaCkqTtvXxY]+", option):
            continue
        else:
            raise ValueError(f"the ssh option {option!r} is not understood here; put it into ~/.ssh/config")
        jump = jump or said
    return jump


def _of_option(name: str, setting: str) -> str | None:
    if name == "proxyjump":
        return _jump_hosts(setting)
    if name != "proxycommand":
        return None
    if setting == "none":
        return setting
    # `ssh -W %h:%p [-q] bastion` is what people wrote before -J, and means the same.
    plain = re.fullmatch(rf"ssh\s+(?:-q\s+)?-W\s+'?\[?%h\]?:%p'?\s+(?:-q\s+)?({_JUMP})", setting)
    if not plain:
        raise ValueError(f"the ProxyCommand {setting!r} is more than a jump host; put it into ~/.ssh/config")
    return plain[1]


def _jump_hosts(value: str) -> str:
    if not re.fullmatch(rf"{_JUMP}(,{_JUMP})*", value, re.ASCII):
        raise ValueError(f"{value!r} is not a jump host; write [user@]host[:port], several with commas")
    return value


def _plugin(value: Any) -> Any:
    """The last part of a plugin's name: `ansible.builtin.ssh`."""
    return value.rpartition(".")[2] if isinstance(value, str) else value


def _python(value: Any) -> Any:
    return "python3" if value in ("auto", "auto_silent", "auto_legacy", "auto_legacy_silent") else value


SshOptions = Annotated[str | None, BeforeValidator(_proxy_jump)]
Address = Annotated[str, word(r"[A-Za-z0-9_:][A-Za-z0-9_.:%-]*", "a host name or address")]


class Connection(BaseModel):
    """The connection variables that Windlass reads, by their Ansible names."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    ansible_host: Address | None = Field(
        None, description="The name or address that is connected to; by default the host's name in the inventory."
    )
    ansible_port: Annotated[int, BeforeValidator(_number), Field(ge=1, le=65535)] | None = Field(
        None, description="The port of its sshd; by default ~/.ssh/config says, or it is 22."
    )
    ansible_user: Annotated[str, word(r"[A-Za-z0-9_][A-Za-z0-9_.@\\-]*\$?", "a user name")] | None = Field(
        None, description="Who logs in; by default ~/.ssh/config says, or it is you."
    )
    ansible_private_key_file: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="The private key to log in with; by default those that ssh would take."
    )
    ansible_password: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="The password to log in with, where no key does; better --ask-pass."
    )
    ansible_ssh_args: SshOptions = Field(
        None, description="Options of ssh, for their jump host: -J, ProxyJump, or ssh -W as ProxyCommand."
    )
    ansible_ssh_common_args: SshOptions = Field(None, description="The same, where ansible_ssh_args has no jump host.")
    ansible_ssh_extra_args: SshOptions = Field(None, description="The same, where neither has one.")
    ansible_connection: Annotated[_Ssh, BeforeValidator(_plugin)] = Field(
        "ssh", description="How Ansible reaches the host; those that it reaches without SSH are left out."
    )
    ansible_become: Annotated[bool, BeforeValidator(_truth)] = Field(
        True, description="Whether a user other than root may use sudo."
    )
    ansible_become_method: Literal["sudo"] = Field("sudo", description="How such a user becomes root.")
    ansible_become_user: Literal["root"] = Field("root", description="Whom such a user becomes.")
    ansible_become_password: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="The password that sudo asks for; better --ask-sudo-pass."
    )
    ansible_python_interpreter: Annotated[
        str, BeforeValidator(_python), word(r"[A-Za-z0-9_./][A-Za-z0-9_./+-]*", "the path of a Python interpreter")
    ] = Field("python3", description="The Python on the host that does the work.")
    host_key: (
        Annotated[
            str,
            word(
                r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]{40,}={0,2}( .*)?",
                'a host key as ssh-keyscan prints it, "ssh-ed25519 AAAA..."',
            ),
        ]
        | None
    ) = Field(None, description="The key that the host has to show; by default known_hosts says.")

    def connect(self, name: str) -> Connect:
        """How to reach the host of that inventory name."""
        key = self.ansible_private_key_file
        # Ansible gives ssh all of them in this order, and with ssh the first value counts.
        jump = self.ansible_ssh_args or self.ansible_ssh_common_args or self.ansible_ssh_extra_args
        return Connect(
            address=self.ansible_host or name,
            port=self.ansible_port,
            user=self.ansible_user,
            key_file=Path(key).expanduser().absolute() if key else None,
            password=self.ansible_password,
            proxy_jump=None if jump == "none" else jump,
            become=self.ansible_become,
            become_password=self.ansible_become_password,
            python=self.ansible_python_interpreter,
            host_key=self.host_key,
        )


def foreign_kind(values: Values) -> str | None:
    """How Ansible reaches a host without SSH; None = by SSH. What cannot be told is no SSH either."""
    name = "ansible_connection"
    kind, faults = values.attempt(name) if name in values.raw else (None, {})
    if faults:
        kind = values.raw[name].value
    return kind if isinstance(kind, str) and _plugin(kind) not in get_args(_Ssh) else None


def connection_variables(names: Iterable[str]) -> dict[str, str]:
    """Of these variables those that say how to connect: Connection's name -> the name it is set by."""
    there = set(names)
    found = {name: name for name in Connection.model_fields if name in there}
    if (host_key := variable_of("host_key", there)) in there:
        found["host_key"] = host_key
    return found | {SYNONYMS[name]: name for name in SYNONYMS if name in there}
