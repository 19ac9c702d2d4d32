"""The secrets of apps: encrypted in the repository, exact on the host, seen nowhere else."""
