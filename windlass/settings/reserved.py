"""Names an app cannot have, because a Unix user, a systemd unit or a folder of a Debian host has them."""

from __future__ import annotations

# Users and groups of a fresh Debian, and of the packages that Windlass installs or meets.
_USERS = """
    adm apt audio avahi backup bin cdrom crontab daemon debian deploy dialout dip disk docker fax floppy ftp games gnats
    input irc kmem kvm landscape list lp lxd mail man messagebus mysql netdev news nobody nogroup operator plugdev
    polkitd pollinate postfix postgres proxy redis render root rtkit sasl sgx shadow src sshd staff statd sudo sync
    sys syslog tape tcpdump tss tty ubuntu ucf utmp uucp uuidd users video vagrant voice wheel www-data
"""
# Units, and folders of /run, /var/lib and /srv.
_UNITS = """
    apparmor autovt certbot chrony container containers cron cryptsetup dbus dpkg fail2ban getty gunicorn ifup initctl
    letsencrypt lock log logrotate lvm misc modprobe motd mount netplan network networking nfs nftables nginx ntp pam
    private python quota rsyslog screen serial-getty shm snapd ssh sysctl systemd udev ufw unattended-upgrades user
    vim windlass
"""


def not_reserved(name: str) -> str:
    """The name, unless it or its prefix belongs to the system."""
    if name in (_USERS + _UNITS).split() or name.startswith("systemd-"):
        raise ValueError(f"{name!r} is a name of the system itself; an app's name becomes a Unix user and a unit")
    return name
