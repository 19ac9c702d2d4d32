"""How releases of an app live on a host. On a host this package is shipped empty, its modules one by one."""

# Resources and releases need each other; on the control machine this order works, whichever is imported first.
import windlass.resources  # noqa: F401
