# Everything a clone needs is set up by the targets themselves; `make demo` and `make test` are all there is to know.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
APT := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -q -y
BIN := .venv/bin

.PHONY: help demo test fast lab check lint types programs lock bench clean

help:  ## say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: .venv/ready  ## a lab host, provisioned, and the shortener over verified HTTPS
	$(BIN)/python deploy.py lab up
	$(BIN)/python deploy.py provision lab
	$(BIN)/python deploy.py lab visit
	$(BIN)/python deploy.py provision lab
	@echo "Look around: $(BIN)/python deploy.py status lab | lab ssh lab | lab down"

test: check  ## all tests: fast ones, then those on real lab hosts

check: lint types fast lab

lint: .venv/ready-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/ready-dev
	$(BIN)/mypy

fast: .venv/ready-dev programs  ## the tests that need no lab
	$(BIN)/pytest -q -n 2 -m 'not lab'

lab: .venv/ready-dev programs  ## the tests on lab hosts
	$(BIN)/pytest -q -m lab -n 2 --dist loadfile

bench: .venv/ready-dev  ## speed, as ratios to plain SSH and a plain shell script
	$(BIN)/python -m benchmarks

lock: .venv/ready-dev  ## choose the newest versions of what pyproject.toml names
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
	  pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
	  pyproject.toml --group dev -o requirements-dev.lock

clean:  ## remove the lab and everything that was set up here
	[ ! -x $(BIN)/python ] || $(BIN)/python deploy.py lab down
	rm -rf .venv .windlass .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Debian's python3 comes without venv's own parts.
.venv/bin/python:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { echo 'installing python3-venv'; $(APT) update >/dev/null; $(APT) install --no-install-recommends python3-venv >/dev/null; }
	@echo 'making .venv'
	@$(PYTHON) -m venv .venv

.venv/ready: requirements.lock .venv/bin/python
	@echo 'installing what Windlass needs into .venv'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/ready-dev: requirements-dev.lock .venv/bin/python
	@echo 'installing what the tests need into .venv'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ .venv/ready

# The tests start servers and a browser of their own; the system's servers are kept from starting where they were not
# there before. One line each: what shows that it is there, else what to install and which units stay off.
missing = $(if $(wildcard $(1)),,$(2))
NEEDED := $(call missing,/usr/sbin/sshd,openssh-server ssh.service ssh.socket) \
  $(call missing,/usr/sbin/nginx,nginx nginx.service) \
  $(call missing,/usr/bin/openssl,openssl) \
  $(call missing,/usr/sbin/nft,nftables nftables.service) \
  $(call missing,/usr/bin/chromium,chromium fonts-dejavu-core) \
  $(call missing,/usr/lib/postgresql/*/bin/postgres,postgresql postgresql.service) \
  $(call missing,/usr/bin/redis-server,redis-server redis-server.service) \
  $(call missing,/usr/bin/wrk,wrk)
PACKAGES := $(filter-out %.service %.socket,$(NEEDED))
UNITS := $(filter %.service %.socket,$(NEEDED))
# Read by Debian's postgresql while it installs, so that it makes no database of its own.
CREATECLUSTER := /etc/postgresql-common/createcluster.d/windlass.conf

programs:
	@$(if $(PACKAGES),$(install_programs),:)

define install_programs
echo 'installing for the tests: $(PACKAGES) (no service of theirs is started)'
$(SUDO) mkdir -p /etc/systemd/system $(dir $(CREATECLUSTER))
for unit in $(UNITS); do $(SUDO) ln -sfn /dev/null /etc/systemd/system/$$unit; done
echo 'create_main_cluster = false' | $(SUDO) tee $(CREATECLUSTER) >/dev/null
$(APT) update >/dev/null
$(APT) install --no-install-recommends $(PACKAGES) >/dev/null
$(SUDO) rm $(CREATECLUSTER)
endef
