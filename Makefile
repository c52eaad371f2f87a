# rs: a recommender system as Unix tools.
#
#   make            build all commands into build/bin
#   make check      the whole test suite          make check-long   campaigns of hours
#   make check-quick the same without what runs every command many times over
#   make check-valgrind the quick one with each program under valgrind
#   make lint       every warning is an error     make bench        speed, as shares of the machine's limits
#   make fuzz       fuzz every reader             make install      PREFIX=/usr/local DESTDIR=
#   make format     clang-format on what changed  make dist         build/rs-VERSION.tar.gz, the same bytes each time
#
#   make SANITIZE=1 ... the same under the address and undefined-behaviour sanitizers (build/san)
#   make TSAN=1 ...     under the thread sanitizer (build/tsan)
#   make FAULTS=1 ...   with injected failures of memory and files (build/faults)
#
# Sources are found, not listed: lib/*/*.c (the library), cmd/rs-*.c (one command each), other cmd/*.c (linked into
# every command), tests/unit/test_*.c and tests/fuzz/fuzz_*.c and tests/bench/*.c and tests/tools/*.c (one program each).

VERSION = 0.1.0
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
BASHDIR ?= $(DATADIR)/bash-completion/completions
ZSHDIR ?= $(DATADIR)/zsh/site-functions
FISHDIR ?= $(DATADIR)/fish/vendor_completions.d

CC ?= cc
OPT = -O3
BUILD = build
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS ?= 60
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wformat=2 -Wvla -Wundef

ifdef SANITIZE
BUILD = build/san
OPT = -O1
INSTRUMENT = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifdef TSAN
BUILD = build/tsan
OPT = -O1
INSTRUMENT = -fsanitize=thread
endif
ifdef FAULTS
BUILD = build/faults
CPPFLAGS += -DRS_FAULTS
endif
ifdef INSTRUMENT
export RS_SLOW = 1
endif
ifdef FUZZ
BUILD = build/fuzz
CC = clang
OPT = -O1
INSTRUMENT = -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

CFLAGS ?= -g
ALL_CPPFLAGS = -I. -D_GNU_SOURCE -DRS_VERSION='"$(VERSION)"' $(if $(LAPACK),-DRS_LAPACK='"$(LAPACK)"') $(CPPFLAGS)
ALL_CFLAGS = -std=c11 $(OPT) -ffp-contract=fast -fno-math-errno -pthread $(WARN) $(WERROR) $(INSTRUMENT) $(CFLAGS)
LIBS = -lcsv -ljansson -llz4 -lxxhash -lzstd -llzma -lz -ldl -lm
ALL_LDFLAGS = -pthread -Wl,--as-needed $(INSTRUMENT) $(LDFLAGS)

# Files named isa_*.c are compiled once per instruction set and chosen at run time (lib/num/isa.h).
ISA_SRC = $(wildcard lib/*/isa_*.c)
LIB_SRC = $(filter-out $(ISA_SRC),$(wildcard lib/*/*.c))
CMD_SRC = $(wildcard cmd/rs-*.c)
SHARED_CMD_SRC = $(filter-out $(CMD_SRC),$(wildcard cmd/*.c))
UNIT_SRC = $(wildcard tests/unit/test_*.c)
FUZZ_SRC = $(wildcard tests/fuzz/fuzz_*.c)
TOOL_SRC = $(wildcard tests/tools/*.c)
BENCH_SRC = $(wildcard tests/bench/*.c)
HEADERS = $(wildcard lib/*/*.h)
MAN = $(wildcard man/*.[157])
SCRIPTS = $(wildcard cmd/*.sh tests/*.sh tests/*.t tests/*/*.sh examples/*.sh examples/*/*.sh) .ci/run

ARCH := $(shell $(CC) -dumpmachine)
ifneq ($(filter x86_64%,$(ARCH)),)
ISAS = plain avx2 avx512
endif
ISAS ?= plain
# A loop starts with a line of the cache: where it falls by chance, lists of all users take up to 3 % more time.
ISA_FLAGS_plain =
ISA_FLAGS_avx2 = -march=x86-64-v3 -falign-loops=64
ISA_FLAGS_avx512 = -march=x86-64-v4 -mprefer-vector-width=512 -falign-loops=64

# The name of the library that is loaded for LAPACK (lib/num/eigen.c): that of the one which is here.
LAPACK := $(shell readelf -d "$$($(CC) -print-file-name=libopenblas.so)" 2>/dev/null | sed -n 's/.*SONAME.*\[\(.*\)\].*/\1/p')

LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/obj/%.o) \
	$(foreach isa,$(ISAS),$(ISA_SRC:%.c=$(BUILD)/obj/%.$(isa).o))
SHARED_CMD_OBJ = $(SHARED_CMD_SRC:%.c=$(BUILD)/obj/%.o)
CMD_OBJ = $(CMD_SRC:%.c=$(BUILD)/obj/%.o)
TEST_SRC = $(UNIT_SRC) $(FUZZ_SRC) $(wildcard tests/fuzz/replay.c) $(TOOL_SRC) $(BENCH_SRC)
TEST_OBJ = $(TEST_SRC:%.c=$(BUILD)/obj/%.o)
CMDS = $(CMD_SRC:cmd/%.c=%)
BIN = $(CMDS:%=$(BUILD)/bin/%)
UNIT_BIN = $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)
REPLAY_BIN = $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/replay/%)
FUZZ_BIN = $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/bin/%)
TOOL_BIN = $(TOOL_SRC:tests/tools/%.c=$(BUILD)/tools/%)
BENCH_BIN = $(BENCH_SRC:tests/bench/%.c=$(BUILD)/bench/%)

all: $(BIN)

# ---- building ----

# Everything is compiled again when the flags change, and the library is made again when a source is gone.
quoted = '$(subst ','\'',$(1))'
define remember
@mkdir -p $(@D)
@printf '%s\n' $(call quoted,$(1)) | cmp -s - $@ || printf '%s\n' $(call quoted,$(1)) >$@
endef
$(BUILD)/flags: FORCE
	$(call remember,$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS))
$(BUILD)/members: FORCE
	$(call remember,$(LIB_OBJ) $(SHARED_CMD_OBJ))
FORCE:

$(BUILD)/librs.a: $(LIB_OBJ) $(BUILD)/members
	@rm -f $@
	$(AR) rcs $@ $(LIB_OBJ)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define isa_rule
$(BUILD)/obj/%.$(1).o: %.c $(BUILD)/flags
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CPPFLAGS) -DRS_ISA=$(1) $$(ALL_CFLAGS) $$(ISA_FLAGS_$(1)) -MMD -MP -c -o $$@ $$<
endef
$(foreach isa,$(ISAS),$(eval $(call isa_rule,$(isa))))

# $(call link,libraries): objects and the library among the prerequisites to one program.
link = @mkdir -p $(@D) && echo '$(CC) -o $@' && $(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o %.a,$^) $(1) $(LIBS)

$(BIN): $(BUILD)/bin/%: $(BUILD)/obj/cmd/%.o $(SHARED_CMD_OBJ) $(BUILD)/librs.a
	$(call link)
$(UNIT_BIN): $(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/librs.a
	$(call link,-lcmocka)
$(REPLAY_BIN): $(BUILD)/replay/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/replay.o $(BUILD)/librs.a
	$(call link)
$(TOOL_BIN): $(BUILD)/tools/%: $(BUILD)/obj/tests/tools/%.o $(BUILD)/librs.a
	$(call link)
$(BENCH_BIN): $(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/librs.a
	$(call link,-lopenblas)
ifdef FUZZ
$(FUZZ_BIN): $(BUILD)/bin/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/librs.a
	$(call link,-fsanitize=fuzzer)
endif

unit: $(UNIT_BIN)

# ---- testing ----

test-programs: all $(UNIT_BIN) $(REPLAY_BIN) $(TOOL_BIN)

# Unit tests, replayed fuzz findings and command tests, all as TAP. T='tests/10-*.t' runs a part.
T ?= $(UNIT_BIN) $(REPLAY_BIN) $(sort $(wildcard tests/*.t))
CHECKED = $(BUILD)
check: test-programs
	@rm -f $(BUILD)/counts
	RS_BUILD='$(abspath $(CHECKED))' RS_COUNTS='$(abspath $(BUILD))/counts' RS_MAKE='$(MAKE)' \
		prove --timer -j$(JOBS) -e 'sh tests/one.sh' $(T)

# Without what runs every command many times over: for instrumented builds, where each run is slow.
MANY_RUNS = tests/21-% tests/24-analyze-suspects.t tests/25-analyze-pages.t tests/60-% tests/61-% tests/70-% tests/73-% tests/74-% tests/81-%
check-quick:
	$(MAKE) check T='$(filter-out $(MANY_RUNS),$(T))'

# The same with each program under valgrind, and without what builds anew: use of memory that was never written, and leaks.
VALGRIND = valgrind --quiet --error-exitcode=99 --leak-check=full --num-callers=25 --suppressions='$(abspath tests/valgrind.supp)'
UNDER = $(BUILD)/valgrind
UNDER_BIN = $(patsubst $(BUILD)/%,$(UNDER)/%,$(BIN) $(UNIT_BIN) $(REPLAY_BIN))
$(UNDER_BIN): $(UNDER)/%: $(BUILD)/% Makefile
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec %s "%s" "$$@"\n' "$(VALGRIND)" '$(abspath $<)' >$@
	@chmod +x $@
check-valgrind: test-programs $(UNDER_BIN)
	@ln -sfn ../tools $(UNDER)/tools
	RS_SLOW=1 RS_TEST_TIMEOUT=14400 $(MAKE) check CHECKED='$(UNDER)' \
		T='$(patsubst $(BUILD)/%,$(UNDER)/%,$(filter-out $(MANY_RUNS) tests/80-% tests/99-%,$(T)))'

check-long:
	$(MAKE) check RS_LONG=1
export RS_LONG RS_DATA

bench: all $(BENCH_BIN)
	RS_BUILD='$(abspath $(BUILD))' sh tests/bench/run.sh

fuzz-programs: $(FUZZ_BIN)
fuzz:
	$(MAKE) FUZZ=1 fuzz-programs
	sh tests/fuzz/run.sh build/fuzz $(FUZZ_SECONDS)

# ---- lint: each tool per file, and a file again only after it or a header of it changed ----

lint: lint-scripts lint-man lint-tree lint-gcc lint-clang
lint-gcc:
	$(MAKE) CC=gcc BUILD='$(BUILD)/lint-gcc' OPT=-O2 WERROR=-Werror lint-objects
lint-clang:
	$(MAKE) CC=clang BUILD='$(BUILD)/lint-clang' OPT=-O1 WERROR=-Werror lint-objects lint-tidy lint-cppcheck

LINT_SRC = $(LIB_SRC) $(ISA_SRC) $(CMD_SRC) $(SHARED_CMD_SRC) $(TEST_SRC)
LINT_CPPFLAGS = $(ALL_CPPFLAGS) -DRS_ISA=plain
lint-objects: $(LIB_OBJ) $(SHARED_CMD_OBJ) $(CMD_OBJ) $(TEST_OBJ) lint-names
lint-names: $(LIB_OBJ)
	@twice=$$(nm -g --defined-only $(LIB_OBJ) | awk 'NF == 3 { print $$3 }' | sort | uniq -d); \
	test -z "$$twice" || { echo "defined twice in the library: $$twice"; false; }
lint-tidy: $(LINT_SRC:%.c=$(BUILD)/tidy/%.ok)
lint-cppcheck: $(LINT_SRC:%.c=$(BUILD)/cppcheck/%.ok)

tidy = clang-tidy --quiet $(1) -- $(LINT_CPPFLAGS) -std=c11
cppcheck = cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
	--suppressions-list=tests/lint/cppcheck.txt $(LINT_CPPFLAGS) $(1)
define lint_rule
$(BUILD)/tidy/%.ok: $(BUILD)/obj/%$(1) .clang-tidy
	@mkdir -p $$(@D)
	@echo clang-tidy $$*.c
	@$$(call tidy,$$*.c) >$$@.out 2>$$@.err || { cat $$@.out $$@.err; false; }
	@mv $$@.out $$@
$(BUILD)/cppcheck/%.ok: $(BUILD)/obj/%$(1) tests/lint/cppcheck.txt
	@mkdir -p $$(@D)
	@echo cppcheck $$*.c
	@$$(call cppcheck,$$*.c)
	@touch $$@
endef
$(eval $(call lint_rule,.o))
$(eval $(call lint_rule,.plain.o))

lint-scripts:
	shellcheck -S style $(SCRIPTS)
lint-man:
	$(if $(MAN),mandoc -T lint -W warning $(MAN))
lint-tree:
	sh tests/lint/tree.sh

format:
	clang-format -i $$(git diff --name-only --diff-filter=d HEAD -- '*.c' '*.h')

# ---- installing ----

completions: $(BIN) cmd/completions.sh
	@mkdir -p $(BUILD)/completions
	sh cmd/completions.sh $(BUILD)/bin $(BUILD)/completions $(CMDS)

$(BUILD)/rs.pc: lib/rs.pc.in Makefile FORCE
	@mkdir -p $(@D)
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|' \
		-e 's|@VERSION@|$(VERSION)|; s|@LIBS@|$(LIBS)|' lib/rs.pc.in >$@

# Headers say #include "lib/base/err.h" here and #include <rs/base/err.h> where they are installed.
install: all $(BUILD)/librs.a $(BUILD)/rs.pc completions
	for d in $(BINDIR) $(LIBDIR)/pkgconfig $(MANDIR)/man1 $(MANDIR)/man5 $(MANDIR)/man7 $(BASHDIR) $(ZSHDIR) \
		$(FISHDIR) $(sort $(dir $(HEADERS:lib/%=$(INCLUDEDIR)/rs/%))); do install -d "$(DESTDIR)$$d" || exit 1; done
	install -m 755 $(BIN) $(DESTDIR)$(BINDIR)
	install -m 644 $(BUILD)/librs.a $(DESTDIR)$(LIBDIR)
	install -m 644 $(BUILD)/rs.pc $(DESTDIR)$(LIBDIR)/pkgconfig
	for h in $(HEADERS:lib/%=%); do sed 's|#include "lib/\(.*\)"|#include <rs/\1>|' lib/$$h \
		>"$(DESTDIR)$(INCLUDEDIR)/rs/$$h" && chmod 644 "$(DESTDIR)$(INCLUDEDIR)/rs/$$h" || exit 1; done
	for m in $(MAN); do install -m 644 $$m "$(DESTDIR)$(MANDIR)/man$${m##*.}" || exit 1; done
	for c in $(CMDS); do install -m 644 $(BUILD)/completions/$$c.bash "$(DESTDIR)$(BASHDIR)/$$c" && \
		install -m 644 $(BUILD)/completions/$$c.fish "$(DESTDIR)$(FISHDIR)" || exit 1; done
	install -m 644 $(BUILD)/completions/_rs $(DESTDIR)$(ZSHDIR)

uninstall:
	rm -f $(CMDS:%=$(DESTDIR)$(BINDIR)/%) $(DESTDIR)$(LIBDIR)/librs.a $(DESTDIR)$(LIBDIR)/pkgconfig/rs.pc \
		$(CMDS:%=$(DESTDIR)$(BASHDIR)/%) $(CMDS:%=$(DESTDIR)$(FISHDIR)/%.fish) $(DESTDIR)$(ZSHDIR)/_rs
	for m in $(MAN:man/%=%); do rm -f "$(DESTDIR)$(MANDIR)/man$${m##*.}/$$m"; done
	rm -rf $(DESTDIR)$(INCLUDEDIR)/rs

# The same commit gives the same bytes: order, owner, modes and times are fixed.
DIST = rs-$(VERSION)
dist:
	@mkdir -p $(BUILD)
	git ls-files -z | LC_ALL=C sort -z >$(BUILD)/dist.list
	tar -c -f $(BUILD)/$(DIST).tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=u+rw,go+r-w \
		--mtime="@$$(git log -1 --format=%ct)" --transform='s|^|$(DIST)/|' --no-recursion --null -T $(BUILD)/dist.list
	gzip -9nf $(BUILD)/$(DIST).tar
	@rm $(BUILD)/dist.list

clean:
	rm -rf build

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

.PHONY: all unit test-programs check check-quick check-valgrind check-long bench fuzz fuzz-programs lint lint-names lint-objects \
	lint-tidy lint-cppcheck lint-scripts lint-man lint-tree lint-gcc lint-clang format completions install uninstall dist clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:
