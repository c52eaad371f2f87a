# rs: a recommender system as Unix tools.
#
#   make            build all commands into build/bin
#   make check      the whole test suite          make check-long   campaigns of hours
#   make lint       every warning is an error     make bench        speed, as shares of the machine's limits
#   make fuzz       fuzz every reader             make install      PREFIX=/usr/local DESTDIR=
#   make SANITIZE=1 ... the same under the address and undefined-behaviour sanitizers (build/san)
#   make FAULTS=1 ...   with injected failures of memory and files (build/faults)

VERSION = 0.1.0
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share

CC ?= cc
OPT = -O3
BUILD = build
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wformat=2 -Wvla -Wundef
ifdef SANITIZE
BUILD = build/san
OPT = -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifdef TSAN
BUILD = build/tsan
OPT = -O1 -fsanitize=thread
endif
ifdef FAULTS
BUILD = build/faults
CPPFLAGS += -DRS_FAULTS
endif

CFLAGS ?= -g
ALL_CPPFLAGS = -I. -D_GNU_SOURCE -DRS_VERSION='"$(VERSION)"' $(CPPFLAGS)
ALL_CFLAGS = -std=c11 $(OPT) -ffp-contract=fast -fno-math-errno -pthread $(WARN) $(CFLAGS)
LIBS = -lcsv -ljansson -llz4 -lxxhash -lzstd -llzma -lz -lopenblas -lm
ALL_LDFLAGS = -pthread -Wl,--as-needed $(OPT) $(LDFLAGS)

# Files named isa_*.c are compiled once per instruction set and chosen at run time (lib/num/isa.h).
ISA_SRC = $(wildcard lib/*/isa_*.c)
LIB_SRC = $(filter-out $(ISA_SRC),$(wildcard lib/*/*.c))
CMD_SRC = $(wildcard cmd/rs-*.c)
SHARED_CMD_SRC = $(filter-out $(CMD_SRC),$(wildcard cmd/*.c))
UNIT_SRC = $(wildcard tests/unit/test_*.c)
FUZZ_SRC = $(wildcard tests/fuzz/fuzz_*.c)

ARCH := $(shell $(CC) -dumpmachine)
ifneq ($(filter x86_64%,$(ARCH)),)
ISAS = plain avx2 avx512
endif
ISAS ?= plain
ISA_FLAGS_plain =
ISA_FLAGS_avx2 = -march=x86-64-v3
ISA_FLAGS_avx512 = -march=x86-64-v4 -mprefer-vector-width=512

LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/obj/%.o) \
	$(foreach isa,$(ISAS),$(ISA_SRC:%.c=$(BUILD)/obj/%.$(isa).o))
SHARED_CMD_OBJ = $(SHARED_CMD_SRC:%.c=$(BUILD)/obj/%.o)
BIN = $(CMD_SRC:cmd/%.c=$(BUILD)/bin/%)
UNIT_BIN = $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)

all: $(BIN)

$(BUILD)/librs.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $(LIB_OBJ)

$(BUILD)/bin/%: $(BUILD)/obj/cmd/%.o $(SHARED_CMD_OBJ) $(BUILD)/librs.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define isa_rule
$(BUILD)/obj/%.$(1).o: %.c
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CPPFLAGS) -DRS_ISA=$(1) $$(ALL_CFLAGS) $$(ISA_FLAGS_$(1)) -MMD -MP -c -o $$@ $$<
endef
$(foreach isa,$(ISAS),$(eval $(call isa_rule,$(isa))))

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/librs.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

unit: $(UNIT_BIN)

clean:
	rm -rf build

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

.PHONY: all unit check check-long bench fuzz lint install uninstall dist clean
.SECONDARY:
