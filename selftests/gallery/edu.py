# SPDX-License-Identifier: GPL-2.0-only
"""
edu.py POINT [NAME]: do the same things to QEMU's own educational device and to ours, or to another
one of CARDS, and compare all answers. Standard input and output are QEMU's test protocol (../lib/qtest.sh); the result goes to
standard error: "ok", or what differs.
"""
import random
import sys
import time

# Slots, and where BAR 0 is put
CARDS = {"QEMU's": (3, 0xe0000000), "ours": (2, 0xe0200000), "wrong": (4, 0xe0400000)}

ID, LIVENESS, FACTORIAL, STATUS, IRQ_STATUS = 0x00, 0x04, 0x08, 0x20, 0x24
RAISE, ACK, SRC, DST, COUNT, CMD = 0x60, 0x64, 0x80, 0x88, 0x90, 0x98
BUFFER = 0x40000
RAM = 0x800000		# some of the guest's memory
MESSAGE = 0x700000	# where MSI messages go


def say(words):
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
    answer = sys.stdin.readline().split()
    if not answer or answer[0] != "OK":
        sys.exit(f'"{words}" is answered with {answer}')
    return int(answer[1], 0) if len(answer) > 1 else None


def until(what, condition):
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.01)
    sys.exit("waiting for " + what)


class Card:
    def __init__(self, slot, bar):
        self.slot, self.bar = slot, bar
        self.answers = []

    def note(self, what, value):
        self.answers.append((what, value))

    def config(self, offset, value=None):
        say(f"outl 0xcf8 {0x80000000 | self.slot << 11 | offset:#x}")
        if value is None:
            return say("inl 0xcfc")
        return say(f"outl 0xcfc {value:#x}")

    def get(self, offset, size=4):
        return say(f"read{' bw l   q'[size]} {self.bar + offset:#x}")

    def set(self, offset, value, size=4):
        say(f"write{' bw l   q'[size]} {self.bar + offset:#x} {value:#x}")

    def look(self, offset, size=4):
        self.note(f"{size} bytes at {offset:#x}", self.get(offset, size))

    def enable(self, command=6):
        self.config(0x10, self.bar)
        self.config(0x04, command)

    def factorial(self, n):
        self.set(FACTORIAL, n)
        until(f"the factorial of {n}", lambda: not self.get(STATUS) & 1)
        self.look(FACTORIAL)

    def dma(self, src, dst, count, cmd):
        for reg, value in (SRC, src), (DST, dst), (COUNT, count), (CMD, cmd):
            self.set(reg, value, 8)
        until("DMA", self.dma_is_over)

    def dma_is_over(self):
        return not self.get(CMD) & 1

    # The line, as the status register has it, and at the interrupt controller
    def line(self):
        say("outb 0xa0 0x0a")
        return self.config(0x04) >> 16 & 8, say("inb 0xa0") & 8

    def line_becomes(self, up):
        until(f"line {up}", lambda: self.line() == ((8, 8) if up else (0, 0)))
        self.look(IRQ_STATUS)

    def msi(self, on):
        cap = self.config(0x34) & 0xff
        while self.config(cap) & 0xff != 5:
            cap = self.config(cap) >> 8 & 0xff
        self.config(cap + 4, MESSAGE)
        self.config(cap + 8, 0)
        self.config(cap + 12, 0x4321)
        self.config(cap, on << 16)

    def message(self, what):
        until(what, lambda: say(f"readl {MESSAGE:#x}") == 0x4321)
        say(f"writel {MESSAGE:#x} 0")
        self.look(IRQ_STATUS)


def identity(card):
    for offset in 0x00, 0x08, 0x2c:
        card.note(f"configuration at {offset:#x}", card.config(offset))
    card.note("pin", card.config(0x3c) >> 8 & 0xff)
    for bar in range(0x10, 0x28, 4):
        card.config(bar, 0xffffffff)
        card.note(f"size of the BAR at {bar:#x}", card.config(bar))
    card.enable()
    card.look(ID)


def liveness(card):
    for value in 0, 1, 0xffffffff, 0x12345678:
        card.set(LIVENESS, value)
        card.look(LIVENESS)


def factorials(card):
    for n in list(range(40)) + [1000, 0x12345]:
        card.factorial(n)
    card.look(STATUS)
    card.look(IRQ_STATUS)


def status_bits(card):
    for value in 0xff, 0x01, 0xffffff7f, 0x80, 0:
        card.set(STATUS, value)
        card.look(STATUS)


def intx(card):
    card.line_becomes(False)
    card.set(RAISE, 0x5)
    card.line_becomes(True)
    card.set(RAISE, 0xa0000000)
    card.set(ACK, 0x1)
    card.line_becomes(True)
    card.set(ACK, 0xffffffff)
    card.line_becomes(False)
    card.set(RAISE, 0)
    card.line_becomes(False)
    card.set(STATUS, 0x80)
    card.factorial(5)
    card.line_becomes(True)
    card.set(ACK, 1)
    card.line_becomes(False)
    card.set(STATUS, 0)


def msi(card):
    card.msi(1)
    for value in 1, 1, 2, 0:
        card.set(RAISE, value)
        card.message(f"a message for {value:#x}")
    card.set(ACK, 0xff)
    card.set(STATUS, 0x80)
    card.factorial(6)
    card.message("a message for a factorial")
    card.set(STATUS, 0)
    card.dma(RAM, BUFFER, 4, 5)
    card.message("a message for DMA")
    card.set(ACK, 0xffffffff)
    card.look(IRQ_STATUS)
    card.msi(0)


# To the buffer and back, and what the guest has in its memory then
def dma(card):
    say(f"write {RAM:#x} 4096 0x{random.Random(7).randbytes(4096).hex()}")
    for src, dst, count in (0, 0, 4096), (100, 7, 100), (0, 4095, 1), (5, 0, 4091):
        say(f"memset {RAM + 0x10000:#x} 8192 0xa5")
        card.dma(RAM + src, BUFFER + dst, count, 1)
        card.look(CMD, 8)
        card.dma(BUFFER, RAM + 0x10003, 4096, 3)
        card.look(CMD, 8)
        card.note("guest memory", say(f"read {RAM + 0x10000:#x} 4104"))
    for reg in SRC, DST, COUNT, CMD:
        card.look(reg, 8)
        card.look(reg, 4)
    card.look(IRQ_STATUS)
    card.dma(BUFFER, RAM, 0, 7)
    card.line_becomes(True)
    card.set(ACK, 0x100)
    card.line_becomes(False)


# Bits of an address that the mask does not have are ignored.
def dma_mask(card):
    say(f"writeq {RAM:#x} 0x1122334455667788")
    card.dma(0xabcd0000000 | 1 << 60 | RAM, BUFFER, 8, 1)
    say(f"writeq {RAM:#x} 0")
    card.dma(BUFFER, 0x70000000 | RAM, 8, 3)
    card.note("guest memory", say(f"readq {RAM:#x}"))


# A driver cannot do DMA before it has set the bus master bit.
def no_bus_master(card):
    say(f"writel {RAM:#x} 0x600d")
    say(f"writel {RAM + 0x100:#x} 0")
    card.dma(RAM, BUFFER, 4, 1)
    card.config(0x04, 2)
    card.dma(BUFFER, RAM + 0x100, 4, 3)
    card.note("guest memory", say(f"readl {RAM + 0x100:#x}"))
    card.config(0x04, 6)
    card.dma(BUFFER, RAM + 0x100, 4, 3)
    card.note("guest memory then", say(f"readl {RAM + 0x100:#x}"))


# Offsets without a register, and registers in accesses of 4 and of 8 bytes
def other_offsets(card):
    for offset in list(range(0x28, 0x100, 4)) + [0x1000, BUFFER, 0xffffc]:
        card.look(offset)
    for offset in 0xa0, 0x1000, BUFFER, 0xffff8:
        card.look(offset, 8)
        card.set(offset, 0x1234567812345678, 8)
        card.look(offset, 8)
    card.set(SRC, 0x1122334455667788, 8)
    card.look(SRC)
    card.look(SRC + 4)
    card.set(SRC, 0x99aabbcc)
    card.look(SRC, 8)
    card.set(SRC + 4, 1)
    card.look(SRC, 8)


# Whatever the specification allows, in any order
def anything(card):
    rand = random.Random(11)
    for _ in range(500):
        offset = rand.choice((ID, LIVENESS, FACTORIAL, STATUS, IRQ_STATUS, RAISE, ACK, SRC,
                              DST, COUNT, CMD, 4 * rand.randrange(0x40000)))
        size = rand.choice((4, 8)) if offset >= 0x80 and not offset & 7 else 4
        value = rand.getrandbits(8 * size)
        if offset == FACTORIAL:
            value &= 63
        elif offset == CMD:
            value &= ~1
        if rand.randrange(2):
            card.set(offset, value, size)
            if offset == FACTORIAL:
                until("a factorial", lambda: not card.get(STATUS) & 1)
                # The interrupt comes after that
                if card.get(STATUS) & 0x80:
                    until("its interrupt", lambda: card.get(IRQ_STATUS) & 1)
        else:
            card.look(offset, size)
    card.set(ACK, 0xffffffff)
    card.set(STATUS, 0)


def main():
    say("outl 0xcf8 0x80000860")	# interrupts of PCI: IRQ 11, a level
    say("outl 0xcfc 0x0b0b0b0b")
    say("outb 0x4d1 0x08")
    found = {}
    other = sys.argv[2] if len(sys.argv) > 2 else "ours"
    for name in "QEMU's", other:
        card = Card(*CARDS[name])
        card.enable()
        globals()[sys.argv[1]](card)
        found[name] = card.answers
    theirs, ours = found.values()
    if len(theirs) != len(ours) or not ours:
        sys.exit(f"{len(theirs)} answers and {len(ours)}")
    for (what, theirs), (_, ours) in zip(theirs, ours):
        if theirs != ours:
            sys.exit(f"{what}: QEMU's {theirs:#x}, {other} {ours:#x}")
    sys.exit("ok")


main()
