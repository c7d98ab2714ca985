"""Sessions of a phone that fails or lies, to see what the program does about it."""

from peer.session import Session
from peer.values import Ended


class Watched(Session):
    """Remembers the frames that came and went."""

    def __init__(self, *given):
        super().__init__(*given)
        self.came, self.went = [], []

    def _receive(self):
        self.came.append(super()._receive())
        return self.came[-1]

    def _send(self, frame):
        self.went.append(frame)
        super()._send(frame)

    def firsts(self, frames, log):
        """Where the runs of a log began that are among some frames."""
        return [frame["first"] for frame in frames if frame["t"] == "entries" and frame["log"] == log.id]


def cut_off_at(kind):
    """Loses the connection when the first frame of a kind has been handled."""

    class CutOff(Watched):
        def _handle(self, frame):
            super()._handle(frame)
            if frame["t"] == kind:
                raise Ended("connection lost")

    return CutOff


class WithoutBodies(Session):
    """Sends entries without their bodies."""

    def _send(self, frame):
        super()._send(frame | {"bodies": []} if frame["t"] == "entries" else frame)


class Staying(Watched):
    """Leaves only when the other does."""

    def settled(self):
        return False


def saying(length, head):
    """Says in `hello` that the own log has this length and head."""

    class Liar(Session):
        def _send(self, frame):
            if frame["t"] == "hello":
                own = self.phone.own.id
                others = [checkpoint for checkpoint in frame["logs"] if checkpoint[0] != own]
                frame = frame | {"logs": [*others, [own, length, head[:16]]]}
            super()._send(frame)

    return Liar


def offering(log, entry, head=None):
    """Offers an entry as the next one of the own log, which itself knows nothing of it."""
    run = {"t": "entries", "log": log.id, "first": len(log), "entries": [entry], "tags": [bytes(16)], "bodies": [],
           "head": head or log.head_after([entry])}

    class Offering(saying(len(log) + 1, run["head"])):
        def _compare_logs(self, logs):
            super()._compare_logs(logs)
            self._send(run)

        def _on_ack(self, frame):
            """The program has taken it."""

    return Offering
