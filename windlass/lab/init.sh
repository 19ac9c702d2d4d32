#!/bin/sh
# PID 1 of a lab host until systemd takes over: makes the container a machine on which systemd's
# sandboxing is real. Without it systemd reports success for directives that have no effect.
# Every step may fail (a rootless engine allows less); what it says is in the container's log.

# 1. systemd expects /run to be its own; the engine's marker files there would confuse it.
mountpoint -q /run || mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /run
mkdir -p /run/lock
mountpoint -q /run/lock || mount -t tmpfs -o mode=1777,nosuid,nodev,noexec,size=5m tmpfs /run/lock

# 2. The engine binds its own files here, so that rename(2), as every careful editor does it, gives EBUSY.
#    Below them are this host's real files (first_boot.sh), which survive a reboot.
for name in hosts hostname resolv.conf; do
    mountpoint -q "/etc/$name" && umount "/etc/$name"
done

[ -e /usr/lib/lab-seed/first_boot.sh ] && sh /usr/lib/lab-seed/first_boot.sh

# 3. LoadCredential= and its friends need propagation, as on a real machine.
mount --make-rshared /

# 4. Containers share the kernel's boot id; a reboot must show a new one.
cat /proc/sys/kernel/random/uuid > /run/boot_id
mount --bind /run/boot_id /proc/sys/kernel/random/boot_id

# 5. sysctl net.* belong to this host's own network namespace.
mount --bind /proc/sys/net /proc/sys/net
mount -o remount,bind,rw /proc/sys/net

# 6. systemd must own its cgroups; a plain remount is "busy", one of the bind mount is not.
if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
    mount -o remount,bind,rw /sys/fs/cgroup
else
    for hierarchy in /sys/fs/cgroup/*; do
        mountpoint -q "$hierarchy" && mount -o remount,bind,rw "$hierarchy"
    done
fi

exec /sbin/init
