# nginx-phone-verify: `make help` says what there is.

NGINX_SRC ?=
BUILD ?= build
MODULES_DIR ?= $(shell nginx -V 2>&1 | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p')
PAGE_DIR ?= /usr/share/phone-verify
DESTDIR ?=
TESTS ?= t $(wildcard simulator/t)

MODULE = ngx_http_phone_verify_module.so

# A compiler and flags are handed on only if they were given: nginx's tree
# may have its own.

ifneq ($(origin CC),default)
export CC
endif
ifneq ($(origin CFLAGS),undefined)
export CFLAGS
endif
ifneq ($(origin LDFLAGS),undefined)
export LDFLAGS
endif
export NGINX_SRC NGINX_OPTS BUILD UNIT UNIT_SRCS


.PHONY: all install setup demo test test-asan test-valgrind test-faults \
        test-browser unit lint soak bench instructions fuzz deb deb-test clean help

all:
	@util/build $(BUILD)
	@echo "$(BUILD)/$(MODULE)"

install: all
	@test -n "$(MODULES_DIR)" \
	    || { echo "nginx names no directory: give MODULES_DIR=" >&2; exit 1; }
	@mkdir -p "$(DESTDIR)$(MODULES_DIR)"
	@cp "$(BUILD)/$(MODULE)" "$(DESTDIR)$(MODULES_DIR)/$(MODULE).new"
	@chmod 644 "$(DESTDIR)$(MODULES_DIR)/$(MODULE).new"
	@mv -f "$(DESTDIR)$(MODULES_DIR)/$(MODULE).new" \
	    "$(DESTDIR)$(MODULES_DIR)/$(MODULE)"
	@echo "$(DESTDIR)$(MODULES_DIR)/$(MODULE)"
ifneq ($(PAGE_DIR),)
	@mkdir -p "$(DESTDIR)$(PAGE_DIR)"
	@cp -R page/http.conf page/location.conf page/site \
	    "$(DESTDIR)$(PAGE_DIR)/"
	@chmod -R u=rwX,go=rX "$(DESTDIR)$(PAGE_DIR)"
	@echo "$(DESTDIR)$(PAGE_DIR)/"
endif

setup:
	@util/setup build test

demo:
	@util/demo

test:
	@util/test $(TESTS)

test-asan:
	@util/test --asan $(filter-out simulator/%,$(TESTS))

test-valgrind:
	@util/test --valgrind $(filter-out simulator/%,$(TESTS))

test-faults:
	@util/test --faults t/faults
	@util/test --libraries t/faults

test-browser:
	@util/setup build demo browser
	@util/build $(BUILD)
	@TEST_NGINX_MODULES=$(abspath $(BUILD)) t/browser/run

unit:
	@util/test --unit t/010-unit.t

lint:
	@util/lint

soak:
	@util/setup build test
	@util/build $(BUILD)/test tests
	@TEST_NGINX_MODULES=$(abspath $(BUILD))/test t/soak/soak $(or $(MINUTES),1)

instructions:
	@util/setup build test valgrind
	@util/build $(BUILD)/test tests
	@TEST_NGINX_MODULES=$(abspath $(BUILD))/test bench/instructions

bench:
	@util/setup build test valgrind bench
	@BUILD=$(abspath $(BUILD)) bench/run

fuzz:
	@SECONDS_EACH=$(or $(SECONDS),60) util/fuzz $(TARGET)

deb:
	@util/package $(BUILD)

deb-test:
	@util/package-test $(BUILD)

clean:
	rm -rf $(BUILD)

help:
	@sed -n 's/^#: \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

#: make             builds build/ngx_http_phone_verify_module.so for the
#:                  installed nginx, without touching any of its files
#: make install     puts it among nginx's modules, by rename, and the page into
#:                  /usr/share/phone-verify
#: make demo        a protected site and a simulated phone, to try
#: make test        the whole suite
#: make test-asan   the whole suite under AddressSanitizer and UBSan
#: make test-valgrind  tests under valgrind; give TESTS=, it is slow
#: make test-faults  every allocation fails once: in configuration, in requests,
#:                  in libraries
#: make test-browser  the page and the whole way to it, in Chromium
#: make unit        the unit tests alone
#: make lint        style, floors, symbols, static analysis
#: make soak        bad days in one: reloads, killed workers, a Sinch that fails;
#:                  MINUTES=1
#: make bench       figures of bench/RESULTS.md: gate, starts, zone, waiting, and
#:                  what people use instead; ROUNDS=5 DURATION=2, on a machine
#:                  that does nothing else
#: make instructions  what a request costs, with ceilings
#: make fuzz        libFuzzer over all that reads strangers' bytes; SECONDS=60
#:                  for each TARGET=, which is all of fuzz/*_fuzz.c by default
#: make deb         the Debian packages, in build/
#: make deb-test    builds, installs, tries and removes them in a fresh root
#: make setup       installs what building and testing need
#: make clean       removes what was built
#:
#:   NGINX_SRC=DIR    a source tree of nginx, 1.22 or later, to build against
#:                    (and to build and test, with make test); only read. If it
#:                    was configured, with its options, else --with-compat
#:   NGINX_OPTS=...   options for nginx's configure instead of those
#:   CC=, CFLAGS=, LDFLAGS=
#:   MODULES_DIR=, PAGE_DIR=, DESTDIR=  where make install puts the module and
#:                    the page; an empty PAGE_DIR: no page
#:   DEMO_PORTS="8080 8081 8082"  ports of make demo: site, phone, application
#:   BUILD=build      where to build; TESTS=t/020-x.t  what make test runs
