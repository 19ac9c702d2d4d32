"""What apps and nginx say on a host. On a host this package is shipped empty, its modules one by one."""
