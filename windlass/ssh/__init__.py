"""SSH to hosts: who they are is always verified, and nothing waits longer than it must."""
