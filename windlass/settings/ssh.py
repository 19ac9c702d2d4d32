"""How one gets into a host."""

from pydantic import Field

from windlass.settings.part import Part


class Ssh(Part):
    """sshd: logins by key only, current algorithms. A change is kept only if a second login works with it."""

    permit_root: bool = Field(
        True, description="Whether root may log in, with a key; false needs a run as another user who may use sudo."
    )
    tcp_forwarding: bool = Field(True, description="Whether logins may forward TCP, which a jump host has to.")
