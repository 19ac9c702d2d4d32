# Everything a clone needs is set up by the targets themselves; `make demo` and `make test` are all there is to know.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
APT := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -q -y
BIN := .venv/bin

.PHONY: help demo test test-fast lab soak audit check lint types programs recorded lock bench clean

help:  ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

demo: .venv/ready  ## a lab host, provisioned, and the shortener over verified HTTPS
	./deploy.py lab up
	./deploy.py provision lab
	./deploy.py lab visit
	./deploy.py provision lab
	@echo "Look around: ./deploy.py status lab | lab ssh lab | lab down"

test: check  ## all tests: fast ones, then those on real lab hosts

check: lint types test-fast lab

lint: .venv/ready-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/ready-dev
	$(BIN)/mypy

test-fast: .venv/ready-dev .audit/ready programs  ## the tests that need no lab
	$(BIN)/pytest -q -n 3 -m 'not lab'

lab: .venv/ready-dev .audit/ready programs  ## the tests on lab hosts
	$(BIN)/pytest -q -n 3 --dist loadfile --no-loadscope-reorder -m lab

soak: .venv/ready-dev .audit/ready programs  ## what takes long by nature: by hand, and before a release
	$(BIN)/pytest -q -m soak
	$(BIN)/pytest -q -n 2 -m 'hypothesis and not lab and not soak' --hypothesis-profile=soak

audit: .venv/ready-dev .audit/ready programs  ## what independent tools say of a host; figures go to benchmarks/audit.md
	AUDIT_REPORT=benchmarks/audit.md $(BIN)/pytest -q -m audit

bench: .venv/ready-dev  ## speed, as ratios to plain SSH and a plain shell script
	$(BIN)/python -m benchmarks

recorded: .venv/ready-dev  ## write down anew what each role declares, to be looked at as a change of tests/roles/recorded
	$(BIN)/python -m tests.roles.recorded

lock: .venv/ready-dev  ## choose the newest versions of what pyproject.toml names
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
	  pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
	  pyproject.toml --group dev -o requirements-dev.lock
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
	  tests/audit/requirements.in -o tests/audit/requirements.lock

clean:  ## remove the lab and everything that was set up here
	[ ! -x $(BIN)/python ] || ./deploy.py lab down
	rm -rf .venv .audit .windlass .mypy_cache .ruff_cache .pytest_cache .hypothesis

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

# Auditing tools, apart from what Windlass is made of. The Observatory is for Node.js 20, and left out without it.
AUDITING := tests/audit/requirements.lock tests/audit/observatory/package-lock.json
NODE := $(shell node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && command -v npm)

.audit/ready: $(AUDITING) .venv/bin/python
	@echo 'installing the auditing tools into .audit'
	@$(PYTHON) -m venv .audit/venv
	@.audit/venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r $<
	@$(if $(NODE),$(install_observatory),echo 'no Node.js 20 with npm here: the tests go without the Observatory')
	@touch $@

# Its own installation would download the list of domains that browsers have built in; a host of a lab is not in it.
define install_observatory
mkdir -p .audit/observatory
cp tests/audit/observatory/*.json .audit/observatory/
cd .audit/observatory && npm ci --silent --ignore-scripts --no-fund --no-audit
echo '{}' >.audit/observatory/node_modules/@mdn/mdn-http-observatory/conf/hsts-preload.json
endef

# The tests start servers and a browser of their own; the system's servers are kept from starting where they were not
# there before. One line each: what shows that it is there, else what to install and which units stay off.
missing = $(if $(wildcard $(1)),,$(2))
NEEDED := $(call missing,/usr/sbin/sshd,openssh-server ssh.service ssh.socket) \
  $(call missing,/usr/sbin/nginx,nginx nginx.service) \
  $(call missing,/usr/bin/nmap,nmap) \
  $(call missing,/usr/bin/openssl,openssl) \
  $(call missing,/usr/bin/age,age) \
  $(call missing,/usr/sbin/nft,nftables nftables.service) \
  $(call missing,/usr/bin/chromium,chromium fonts-dejavu-core) \
  $(call missing,/usr/lib/postgresql/*/bin/postgres,postgresql postgresql.service) \
  $(call missing,/usr/bin/redis-server,redis-server redis-server.service) \
  $(call missing,/usr/bin/wrk,wrk) \
  $(call missing,/usr/bin/zsh,zsh) \
  $(call missing,/usr/bin/fish,fish)
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
