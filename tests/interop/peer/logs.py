"""Logs (§5): chains of entries, and what can be checked of an entry by itself."""

from .hashes import log_id, sha
from .values import BadEntry, Frozen, Refused, decode, is_checkpoint, is_list, need

MAX_ENTRY, MAX_RECORD = 256 * 1024, 128 * 1024
MAX_GENERATIONS = 64


class Log:
    """A log: `heads[n]` is the head at length n, `pins` the last pin on each log of the other person."""

    def __init__(self, pair, person, generation, continues=None):
        self.person, self.generation, self.continues = person, generation, continues
        self.id = log_id(pair, person, generation)
        self.entries, self.tags = [], []
        self.heads = [sha("amends/log/v1", pair, self.id)]
        self.pins = {}
        self.frozen = ""  # why, if it is

    def __len__(self):
        return len(self.entries)

    def checkpoint(self):
        return [self.id, len(self), self.heads[-1]]

    def holds(self, checkpoint):
        """Whether this length is held, with this head, or with one that begins so."""
        return checkpoint[1] <= len(self) and self.heads[checkpoint[1]].startswith(checkpoint[2])

    def head_after(self, entries, start=None):
        """The head when `entries` follow length `start`, which is the whole log by default."""
        head = self.heads[len(self) if start is None else start]
        for entry in entries:
            head = sha("amends/entry/v1", head, entry)
        return head

    def append(self, entry, tag, seen):
        self.heads.append(self.head_after([entry]))
        self.entries.append(entry)
        self.tags.append(tag)
        self.pins.update({pin[0]: pin for pin in seen})

    def new_entries(self, first, entries, tags, head):
        """Checks a run that begins within what is held. Returns what of it is new, with the tags."""
        known = len(self) - first
        if entries[:known] != self.entries[first:first + len(entries)]:
            self.freeze("other bytes at a held index")
        need(len(tags) == len(entries), "as many tags as entries")
        need(self.head_after(entries, first) == head, "head of a run")
        return list(zip(entries, tags))[known:]

    def compare(self, checkpoint):
        """Freezes the log if its owner says another head at a length that is held here."""
        if checkpoint[1] <= len(self) and not self.holds(checkpoint):
            self.freeze("another head at a held length")

    def freeze(self, why):
        self.frozen = why
        raise Frozen(why)

    def records(self):
        """Every record that is a map with `kind`, `doc` and `at`, with its index and place."""
        for index, entry in enumerate(self.entries):
            for place, data in enumerate(decode(entry)["records"]):
                try:
                    record = decode(data)
                except Refused:
                    continue  # other bytes stay in their place, and say nothing
                if type(record) is dict and {"kind", "doc", "at"} <= record.keys():
                    yield index, place, record


def read_entry(data, index):
    """Reads an entry, and checks what can be checked without any log."""
    need(len(data) <= MAX_ENTRY, "bad envelope", BadEntry)
    try:
        entry = decode(data)
    except Refused as error:
        raise BadEntry(f"bad envelope: {error}") from None
    need(type(entry) is dict, "bad envelope", BadEntry)
    need(entry.keys() - {"continues"} == {"index", "seen", "records"}, "bad envelope", BadEntry)
    need(is_list(entry["records"], 1, 64, lambda record: type(record) is bytes and len(record) <= MAX_RECORD),
         "bad envelope", BadEntry)
    need(is_list(entry["seen"], 0, 64, is_checkpoint), "bad envelope", BadEntry)
    need("continues" not in entry or is_checkpoint(entry["continues"]), "bad envelope", BadEntry)
    ids = [pin[0] for pin in entry["seen"]]
    need(ids == sorted(set(ids)), "bad envelope", BadEntry)
    need(type(entry["index"]) is int and entry["index"] == index, "gap", BadEntry)
    return entry
