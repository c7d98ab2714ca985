"""Sessions (§10): what two phones say over a link."""

import secrets
import time

from .channel import PATIENCE, Channel
from .messages import FRAMES, read_message
from .records import pause_all
from .values import BadEntry, Ended, encode, need

RUN_BYTES, RUN_ENTRIES, WINDOW_BYTES = 384 * 1024, 2048, 1024 * 1024
MAX_WANTED_BODIES = 1000
SILENCE = 15  # seconds without a frame before a ping; three times that is the end
FAREWELL = 1  # seconds in which a side that has said `bye` goes on answering


class Session:
    """Exchanges entries and bodies until both are in step, the other leaves, or `run`'s `done` says so."""

    BOOT_EPOCH = secrets.token_bytes(8)

    def __init__(self, phone, bond, channel):
        self.phone, self.bond, self.channel = phone, bond, channel
        self.said = {}  # lengths of their logs, by their own word
        self.sent, self.most_sent, self.acknowledged = {}, {}, {}  # lengths of own logs
        self.ahead = []  # log, length after it and size of every run that waits for its `ack`
        self.stopped = {}  # why nothing more of a log is taken over this link
        self.asked_bodies, self.pings = {}, []  # each ping is there for "bodies" or for "life"
        self.repeats = self.runs_given_back = 0
        self.bye_came = False

    def run(self, done=None):
        """Says hello and handles frames. Returns whether both are in step."""
        try:
            self._greet()
            while not (done or type(self).settled)(self) and not (self.bye_came and self._nothing_is_awaited()):
                self._handle(self._next_frame())
            self._send({"t": "bye"})
            self._answer_to_the_end()
        except Ended:
            pass
        finally:
            self.channel.close()
        return self.in_step()

    def settled(self):
        """Whether nothing is left to wait for."""
        return (all(self.acknowledged.get(log.id) == len(log) for log in self.phone.own_logs)
                and all(self._held(log) >= length for log, length in self.said.items() if log not in self.stopped)
                and "bodies" not in self.pings and self.phone.all_is_back())

    def in_step(self):
        return self.settled() and self.phone.theirs.id not in self.stopped

    def _held(self, id):
        return len(self.phone.logs.get(id, ()))

    def _greet(self):
        if self.channel.initiator:
            self._say_hello()
        self.channel.socket.settimeout(PATIENCE)
        hello = self._receive()
        need(hello["t"] == "hello", "first frame that is no hello")
        if not self.channel.initiator:
            self._say_hello()
        self._compare_logs({checkpoint[0]: checkpoint for checkpoint in hello["logs"]})

    def _say_hello(self):
        """The link is proved by now, so its bond is kept."""
        self.phone.adopt(self.bond)
        claims = [[log, length, head[:16]] for log, length, head in self.phone.checkpoints()]
        self._send({"t": "hello", "epoch": self.BOOT_EPOCH, "logs": claims})

    def _compare_logs(self, logs):
        """Does what a `hello` asks for."""
        self.stopped = {log.id: log.frozen for log in self.phone.their_logs if log.frozen}
        for log in self.phone.own_logs:
            held = logs.pop(log.id, [log.id, 0, log.heads[0]])
            if held[1] > len(log):
                need(log.id in self.phone.awaited, "recovery of a disk that was set back is left out here")
                self._send({"t": "want", "log": log.id, "first": len(log)})
            elif log.holds(held):
                self.sent[log.id] = self.acknowledged[log.id] = held[1]
            else:
                self._send({"t": "head-at", "at": [log.id, held[1], log.heads[held[1]]]})
        for id, checkpoint in logs.items():
            self.said[id] = checkpoint[1]
            self._compare(checkpoint)
        self._send_entries()
        self._want_bodies()

    def _compare(self, checkpoint):
        log = self.phone.logs.get(checkpoint[0])
        if log in self.phone.their_logs:
            self._take(log.id, log.compare, checkpoint)

    def _take(self, id, take, *what):
        """Takes something of a log, and no more of it over this link if it breaks a rule. Whether it was taken."""
        if id not in self.stopped:
            try:
                take(*what)
            except BadEntry as error:
                self.stopped[id] = str(error)
        return id not in self.stopped

    # Giving

    def _send_entries(self):
        """Sends what is left of the own logs, at most 1 MiB ahead of what was acknowledged."""
        for log in self.phone.own_logs:
            while (log.id in self.sent and self.sent[log.id] < len(log)
                   and sum(size for _, _, size in self.ahead) < WINDOW_BYTES):
                end, size = self._send_run(log, self.sent[log.id])
                self.sent[log.id] = end
                self.most_sent[log.id] = max(end, self.most_sent.get(log.id, 0))
                self.ahead.append((log.id, end, size))

    def _send_run(self, log, first):
        """Sends `entries` from `first` on, with as many of their bodies as fit. Returns its end and size."""
        end, bodies, size = first, [], 0
        while end < len(log) and size < RUN_BYTES and end - first < RUN_ENTRIES:
            size += len(log.entries[end])
            for body in self.phone.bodies.at(log, [(end, place) for place in range(64)]):
                if size < RUN_BYTES:
                    bodies.append(body)
                    size += len(body[2])
            end += 1
        self._send({"t": "entries", "log": log.id, "first": first, "entries": log.entries[first:end],
                    "tags": log.tags[first:end], "bodies": bodies, "head": log.heads[end]})
        return end, size

    def _on_ack(self, frame):
        id, length, _ = frame["at"]
        log = self.phone.logs.get(id)
        if log in self.phone.own_logs:
            need(length <= self.most_sent.get(id, 0) and log.holds(frame["at"]), "ack of what was not sent")
            self.acknowledged[id] = max(self.acknowledged[id], length)
            self.ahead = [run for run in self.ahead if run[0] != id or run[1] > length]

    def _on_want(self, frame):
        log, first = self.phone.logs.get(frame["log"]), frame["first"]
        if log is None or first > len(log):
            return
        if log in self.phone.their_logs:
            self.runs_given_back += 1
            need(self.runs_given_back <= 4096, "too many wants")
            if first < len(log):
                self._send_run(log, first)
        elif log.id in self.sent:
            self._count_repeat()
            self.sent[log.id] = first
            self.ahead = [run for run in self.ahead if run[0] != log.id]

    def _on_want_bodies(self, frame):
        log = self.phone.logs.get(frame["log"])
        if log not in self.phone.own_logs:
            return
        batch, size = [], 0
        for body in self.phone.bodies.at(log, frame["bodies"]):
            batch.append(body)
            size += len(body[2])
            if size >= RUN_BYTES:
                self._send({"t": "bodies", "log": log.id, "bodies": batch})
                batch, size = [], 0
        self._send({"t": "bodies", "log": log.id, "bodies": batch})

    # Taking

    def _on_head_at(self, frame):
        self._compare(frame["at"])

    def _on_entries(self, frame):
        log = self.phone.logs.get(frame["log"])
        run = frame["first"], frame["entries"], frame["tags"], frame["head"]
        if log in self.phone.own_logs:
            self._take_back(log, run, frame["bodies"])
        elif log is None:
            self._take_theirs(frame, self.phone.take_next_generation, frame["log"], *run)
        elif frame["first"] > len(log):
            self._count_repeat()
            self._send({"t": "want", "log": log.id, "first": len(log)})
        else:
            self._take_theirs(frame, self.phone.take, log, *run)

    def _take_theirs(self, frame, take, *run):
        """Takes a run, with the bodies of what stood before a bad entry too."""
        whole = self._take(frame["log"], take, *run)
        log = self.phone.logs.get(frame["log"])
        if log:
            self.phone.bodies.take(log, frame["bodies"])
        if whole:
            self._send({"t": "ack", "at": log.checkpoint()})

    def _take_back(self, log, run, bodies):
        """Takes words of the phone before. What pinned them can be taken once they are here."""
        if self.phone.is_back(log) or not self._take(log.id, self.phone.take_back, log, *run):
            return
        self.phone.bodies.take(log, bodies)
        if not self.phone.is_back(log):
            self._send({"t": "want", "log": log.id, "first": len(log)})
            return
        self.sent[log.id] = self.most_sent[log.id] = self.acknowledged[log.id] = len(log)
        self._send({"t": "head-at", "at": log.checkpoint()})
        if all(map(self.phone.is_back, self.phone.own_logs)):
            for theirs in self.phone.their_logs:
                if not theirs.frozen:
                    self.stopped.pop(theirs.id, None)
                    self._send({"t": "want", "log": theirs.id, "first": len(theirs)})

    def _want_bodies(self):
        """Asks for bodies of theirs that are missing, and by a `ping` whether all has come that will."""
        missing = [(log, place) for log in self.phone.their_logs for place in self.phone.bodies.missing(log)]
        wanted = {}
        for log, place in missing[:MAX_WANTED_BODIES]:
            wanted.setdefault(log.id, []).append(list(place))
        if wanted and wanted != self.asked_bodies:
            self.asked_bodies = wanted
            for id, places in wanted.items():
                self._send({"t": "want-bodies", "log": id, "bodies": places})
            self._ping("bodies")

    def _on_bodies(self, frame):
        log = self.phone.logs.get(frame["log"])
        if log in self.phone.their_logs:
            self.phone.bodies.take(log, frame["bodies"])

    # Staying and leaving

    def _on_hello(self, _):
        need(False, "second hello")

    def _on_ping(self, _):
        self._send({"t": "pong"})

    def _on_pong(self, _):
        if self.pings and self.pings.pop(0) == "bodies":
            self._want_bodies()

    def _on_bye(self, _):
        self.bye_came = True

    def _nothing_is_awaited(self):
        return "bodies" not in self.pings and all(
            self.acknowledged.get(log.id, 0) >= self.sent.get(log.id, 0) for log in self.phone.own_logs)

    def _ping(self, reason):
        self.pings.append(reason)
        self._send({"t": "ping"})

    def _count_repeat(self):
        self.repeats += 1
        need(self.repeats < 9, "asked again too often")

    def _handle(self, frame):
        getattr(self, "_on_" + frame["t"].replace("-", "_"))(frame)
        if self.phone.awaited and self.phone.all_is_back():
            self.phone.awaited = {}
            pause_all(self.phone)
        self._send_entries()

    def _answer_to_the_end(self):
        """Goes on answering until the other leaves too, for a second at most."""
        deadline = time.monotonic() + FAREWELL
        while not self.bye_came and (left := deadline - time.monotonic()) > 0:
            self.channel.socket.settimeout(left)
            try:
                self._handle(self._receive())
            except TimeoutError:
                break

    def _send(self, frame):
        self.channel.send(encode(frame))

    def _receive(self):
        return read_message(self.channel.receive(), FRAMES)

    def _next_frame(self):
        """The next frame; pings when it is silent, and gives up at last."""
        self.channel.socket.settimeout(SILENCE)
        for _ in range(3):
            try:
                return self._receive()
            except TimeoutError:
                self._ping("life")
        raise Ended("silent")


def link(phone, connection, initiator, bond=None, kind=Session):
    """Links a pair over a fresh connection. A bond that is not proved yet is given."""
    bond = bond or phone.bond
    prologue = b"amends/link/v1" + bond.pair + bond.epoch.to_bytes(8, "big")
    return kind(phone, bond, Channel(connection, "KKpsk0", initiator, prologue, bond.secret, phone.private,
                                     bond.partner_public))
