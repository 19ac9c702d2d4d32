"""Audits by tools that nobody here wrote; what they must find is in targets.yml, what they found in benchmarks/."""
