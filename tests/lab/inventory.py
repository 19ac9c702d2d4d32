"""An inventory of lab hosts, for a project folder that the lab does not belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from windlass.lab import Lab, LabHost


def inventory(lab: Lab, hosts: Sequence[LabHost], ports: Mapping[str, int] | None = None, **variables: Any) -> str:
    """The text of `inventory/hosts.yml`; `variables` are those of all hosts, `ports` are others than the hosts' own."""
    listed = {
        host.name: {
            "ansible_host": host.address if host.name not in (ports or {}) else "127.0.0.1",
            "ansible_port": (ports or {}).get(host.name, host.ssh_port),
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(lab.folder / "id_ed25519"),
            "host_key": host.host_key,
        }
        for host in hosts
    }
    return yaml.safe_dump({"all": {"vars": variables, "hosts": listed}}, sort_keys=False)
