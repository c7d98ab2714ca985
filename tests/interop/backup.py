"""Shows that a backup opens without the software that wrote it (core/PROTOCOL.md, §17).

    python3 backup.py BACKUP IDENTITY

`age` opens the file; what is inside is read with nothing but the rules of the text. It prints what it
found, as JSON: how long each log is and its head, every text in a record or a body, and
every private value.
"""

import hmac
import io
import json
import subprocess
import sys

import cbor2

sys.dont_write_bytecode = True  # nothing is left behind

from peer.hashes import commitment
from peer.logs import Log, read_entry
from peer.values import decode, need


def parts(file, identity):
    opened = subprocess.run(["age", "--decrypt", "-i", identity, file], capture_output=True, check=True)
    stream = io.BytesIO(opened.stdout)
    reader = cbor2.CBORDecoder(stream)
    while stream.tell() < len(opened.stdout):
        part = reader.decode()
        if part == 0:
            need(not any(opened.stdout[stream.tell():]), "nothing but zeros follow")
            return
        need(type(part) is bytes and len(part) <= 4 * 1024 * 1024, "a part is a byte string")
        yield decode(part)


def texts(value):
    if type(value) is str:
        yield value
    for item in value.values() if type(value) is dict else value if type(value) is list else []:
        yield from texts(item)


def main(file, identity):
    everything = parts(file, identity)
    head = next(everything)
    need(head["t"] == "amends-backup" and head["version"] == 1, "a backup of version 1")
    pair = head["pair"]
    logs, words, private = {}, [], []
    for of in pair["logs"]:
        log = Log(pair["id"], pair["me" if "mine" in of else "partner"], of["generation"])
        logs[log.id] = (log, of)
    for part in everything:
        if part["t"] == "entries":
            log, of = logs[part["log"]]
            need(part["first"] == len(log), "entries from the first on")
            for data, tag in log.new_entries(part["first"], part["entries"], part["tags"], part["head"]):
                entry = read_entry(data, len(log))
                log.append(data, tag, entry["seen"])
                mark = hmac.digest(head["log-key"], log.heads[-1], "sha256")[:16]
                need("mine" not in of or "kept" in of or mark == tag, "its author's mark")
        if part["t"] in ("entries", "bodies"):
            log, _ = logs[part["log"]]
            for index, place, body in part["bodies"]:
                record = decode(decode(log.entries[index])["records"][place])
                need(record["body"] == commitment(body), "a body is what its record says")
                words += texts({key: value for key, value in decode(body).items() if key != "salt"})
        if part["t"] == "private":
            private += texts(decode(part["value"]))
        if part["t"] == "end":
            need(part["entries"] == sum(len(log) for log, _ in logs.values()), "as many entries")
            break
    need(next(everything, None) is None, "nothing follows")
    for log, of in logs.values():
        words += texts([record for _, _, record in log.records()])
        need(log.checkpoint() == of["at"], "a log ends where it is said to")
    held = {log.id.hex(): [len(log), log.heads[-1].hex()] for log, _ in logs.values()}
    print(json.dumps({"name": head["name"], "logs": held, "words": words, "private": private}))


main(*sys.argv[1:])
