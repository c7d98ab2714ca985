"""Bodies (§6): which are missing, which are gone, and which may be kept."""

import time

from .hashes import commitment
from .values import Refused, decode, is_id

MAX_BODY = 64 * 1024
DAY = 86_400


class Bodies:
    """The bodies that are present, by log, index and place."""

    def __init__(self):
        self.present = {}

    def put(self, log, index, place, body):
        self.present[log.id, index, place] = body

    def at(self, log, places):
        """Those of some places that are present and may be, as `body-at`."""
        gone = _gone(log)
        return [[index, place, self.present[log.id, index, place]] for index, place in places
                if (log.id, index, place) in self.present and (index, place) not in gone]

    def missing(self, log):
        """Commitments of the bodies of a log that may be kept here and are not."""
        gone = _gone(log)
        return {(index, place): record["body"] for index, place, record in log.records()
                if "body" in record and (index, place) not in gone and (log.id, index, place) not in self.present}

    def take(self, log, bodies):
        """Keeps those that are missing here and match their commitment."""
        missing = self.missing(log)
        for index, place, body in bodies:
            if commitment(body) == missing.get((index, place)) and len(body) <= MAX_BODY and _has_salt(body):
                self.put(log, index, place, body)

    def read(self, log):
        """Kind and body of every record of a log whose body is present."""
        return [(record["kind"], decode(body)) for index, place, record in log.records()
                for _, _, body in self.at(log, [(index, place)])]


def _has_salt(body):
    try:
        value = decode(body)
    except Refused:
        return False
    return type(value) is dict and is_id(value.get("salt"))


def _gone(log):
    """Places of a log whose bodies have expired, ask for too long or were withdrawn."""
    places = set()
    for index, place, record in log.records():
        longest = (90 if record["kind"].startswith("openness.") else 365) * DAY
        until = record.get("until")
        if type(until) is int and not time.time() < until <= record["at"][0] + longest:
            places.add((index, place))
        if record["kind"] == "words.withdraw" and record["of"][0] == log.id:
            places.add(tuple(record["of"][1:]))
    return places
