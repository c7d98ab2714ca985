"""One phone: its keys, its bond with the other, and the logs of both persons (§5)."""

import hmac
import secrets
import time
from dataclasses import dataclass

from .bodies import Bodies
from .hashes import commitment, log_id
from .logs import MAX_GENERATIONS, Log, read_entry
from .values import BadEntry, encode, need

ZONE = "Europe/Berlin"


@dataclass(frozen=True)
class Bond:
    """What pairing has agreed on. `returned` tells how the logs must come back to a replaced phone."""

    pair: bytes
    person: bytes
    partner: bytes
    partner_name: str
    partner_public: bytes
    secret: bytes
    epoch: int = 0
    returned: tuple = ()


class Phone:
    """Keeps everything in memory. An own log is one that this phone's person has written."""

    def __init__(self, name):
        self.name, self.bond = name, None
        self.private, self.log_key, self.person = (secrets.token_bytes(size) for size in (32, 32, 16))
        self.logs = {}
        self.bodies = Bodies()
        self.awaited = {}  # checkpoints by log, while the words of the phone before are coming back

    def adopt(self, bond):
        """Keeps a bond whose link is proved, and begins the own log with `pair.open`."""
        if bond is self.bond:
            return
        stays, self.bond, self.person = bool(self.bond), bond, bond.person
        if stays:
            return
        self.awaited = {checkpoint[0]: checkpoint for checkpoint in bond.returned}
        for person in (bond.person, bond.partner):
            generations = [generation for generation in range(MAX_GENERATIONS)
                           if generation == 0 or log_id(bond.pair, person, generation) in self.awaited]
            for generation in generations:
                self._add(Log(bond.pair, person, generation))
        if self.own.id in self.awaited:
            self._add(Log(bond.pair, self.person, self.own.generation + 1, self.awaited[self.own.id]))
        self.write(({"kind": "pair.open", "doc": bond.pair}, {"name": self.name}))

    def _add(self, log):
        self.logs[log.id] = log
        return log

    def logs_of(self, person):
        """The logs of one of the two, from generation 0 on."""
        return [log for log in self.logs.values() if log.person == person]

    @property
    def own_logs(self):
        return self.logs_of(self.person)

    @property
    def their_logs(self):
        return self.logs_of(self.bond.partner)

    @property
    def own(self):
        return self.own_logs[-1]

    @property
    def theirs(self):
        return self.their_logs[-1]

    def checkpoints(self):
        return sorted(log.checkpoint() for log in self.logs.values() if log.entries)

    def write(self, *records):
        """Writes one entry: pairs of a record without `at`, and its body or None. Returns its index."""
        encoded, index = [], len(self.own)
        for place, (record, body) in enumerate(records):
            record = {"at": [int(time.time()), ZONE]} | record
            if body is not None:
                data = encode({"salt": secrets.token_bytes(16)} | body)
                self.bodies.put(self.own, index, place, data)
                record["body"] = commitment(data)
            encoded.append(encode(record))
        seen = sorted(log.checkpoint() for log in self.their_logs
                      if log.entries and self.own.pins.get(log.id) != log.checkpoint())
        entry = {"index": index, "seen": seen, "records": encoded}
        if index == 0 and self.own.continues:
            entry["continues"] = self.own.continues
        data = encode(entry)
        tag = hmac.digest(self.log_key, self.own.head_after([data]), "sha256")[:16]
        self.own.append(data, tag, seen)
        return index

    def take(self, log, first, entries, tags, head):
        """Takes a run of the partner's, which begins within what is held, up to the first bad entry."""
        for entry, tag in log.new_entries(first, entries, tags, head):
            need(log is self.theirs, "continued by another generation", BadEntry)
            log.append(entry, tag, self._check(log, entry))

    def take_next_generation(self, id, first, entries, tags, head):
        """Takes a log that is not known, if it continues exactly what is held of the one before."""
        next = Log(self.bond.pair, self.bond.partner, self.theirs.generation + 1, self.theirs.checkpoint())
        need(id == next.id and first == 0, "unknown log", BadEntry)
        new = next.new_entries(first, entries, tags, head)
        self._check(next, entries[0])
        self._add(next)
        for entry, tag in new:
            next.append(entry, tag, self._check(next, entry))

    def take_back(self, log, first, entries, tags, head):
        """Takes a run of an own earlier log, which the partner gives back to a phone that replaces another.

        Marks and pins cannot be checked, but the log must end as the partner has said.
        """
        _, length, last = self.awaited[log.id]
        new = log.new_entries(first, entries, tags, head)
        need(len(log) + len(new) <= length, "more than was said of an own log", BadEntry)
        need(len(log) + len(new) < length or head == last, "an own log does not end as was said", BadEntry)
        for entry, tag in new:
            log.append(entry, tag, read_entry(entry, len(log))["seen"])

    def is_back(self, log):
        return log.id not in self.awaited or log.holds(self.awaited[log.id])

    def all_is_back(self):
        return all(map(self.is_back, self.logs.values()))

    def _check(self, log, data):
        """Checks an entry that would be the next one of a log of the partner's. Returns its pins."""
        entry = read_entry(data, len(log))
        for pin in entry["seen"]:
            self._check_pin(log, pin)
        due = log.continues if len(log) == 0 else None
        need(entry.get("continues") == due, "continuation", BadEntry)
        return entry["seen"]

    def _check_pin(self, log, pin):
        need(log_id_is_of(self.bond, pin[0], self.person), "foreign pin", BadEntry)
        earlier = log.pins.get(pin[0], pin)
        need(pin[1] > earlier[1] or pin == earlier, "regressed", BadEntry)
        pinned = self.logs.get(pin[0])
        need(pinned and pin[1] <= len(pinned), "pin ahead", BadEntry)
        need(pinned.holds(pin), "contradicts", BadEntry)


def log_id_is_of(bond, id, person):
    return any(id == log_id(bond.pair, person, generation) for generation in range(MAX_GENERATIONS))
