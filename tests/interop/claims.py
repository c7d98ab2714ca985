"""Shows that the program `amends` and `peer`, written from core/PROTOCOL.md alone, understand each other.

    python3 claims.py PATH_TO_AMENDS VECTORS_DIR

Each line is a claim that held. It exits with 1 at the first that does not. Ana has the program, Ben
has `peer`, unless a claim says otherwise.
"""

import dataclasses
import json
import secrets
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is left behind

from partners import Staying, Watched, WithoutBodies, cut_off_at, offering, saying
from peer import pairing, records
from peer.channel import dial
from peer.hashes import commitment, revision_hash
from peer.logs import Log
from peer.messages import FRAMES, PAIRING_MESSAGES, read_message
from peer.phone import Phone
from peer.session import link
from peer.values import Ended, Frozen, Refused, decode, encode
from program import (Amends, event, exchange, finish, kill_all, listening,
                     pair_where_phone_shows, pair_where_program_shows, until)

SHORT = 2  # seconds that a sync goes on trying whose link is lost on purpose


def claim(holds, words):
    if not holds:
        raise AssertionError(words)
    print(f"ok  {words}", flush=True)


def same(left, right):
    if left != right:
        raise AssertionError(f"{left} is not {right}")


def raises(errors, function, *given, **named):
    try:
        function(*given, **named)
    except errors:
        return True
    return False


def same_logs(amends, phone):
    held = {log.id.hex(): (len(log), log.heads[-1].hex()) for log in phone.logs.values() if log.entries}
    return amends.logs() == held


class Story:
    """Makes phones and pairs, each home with a name of its own."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def new_ana(self, name):
        ana = Amends(self.program, self.folder / name)
        ana.run("init", "--name", "Ana")
        # These claims hold at any hour of the day: what is asked is not held back until the morning.
        ana.run("remind", "wishes", "--quiet", "00:00-00:00")
        return ana

    def new_pair(self, name):
        ana, ben = self.new_ana(name), Phone("Ben")
        process = ana.start("pair", "show", "--listen", "127.0.0.1:0")
        codes_are_same, shown, session = pair_where_program_shows(process, ben)
        if not (codes_are_same and shown["partner"] == "Ben" and session.in_step() and finish(process)[0] == 0):
            raise AssertionError(f"pairing of {name}")
        return ana, ben


# --- Vectors -----------------------------------------------------------------------------------


def check_vectors(folder):
    """The test vectors that `peer` has something to say about."""
    def read(name):
        return json.loads((folder / f"{name}.json").read_text())

    raw = bytes.fromhex
    vectors, codes, revisions = read("logs"), read("pairing"), read("records")
    pair = raw(vectors["pair"])
    logs = {log.id.hex(): log for log in (Log(pair, raw(person), 0) for person in vectors["persons"])}
    for entry in vectors["entries"]:
        log = logs[entry["log"]]
        log.append(raw(entry["entry"]), bytes(16), decode(raw(entry["entry"]))["seen"])
        same(log.heads[-1].hex(), entry["head"])
    same(Log(pair, raw(vectors["persons"][0]), 1).id.hex(), vectors["generation_1"])
    same(pairing.code_psk(codes["code"]["text"]).hex(), codes["code"]["psk"])
    for message in codes["conversation"]["messages"]:
        read_message(raw(message["cbor"]), PAIRING_MESSAGES)
    same(commitment(raw(vectors["body"]["cbor"])).hex(), vectors["body"]["commitment"])
    revision = decode(raw(revisions["revision"]["cbor"]))
    same(revision_hash(raw(revisions["document"]), revision).hex(), revisions["revision"]["hash"])
    for frame in read("frames")["frames"]:
        same(read_message(raw(frame["cbor"]), FRAMES)["t"], frame["frame"])
    claim(True, "the vectors of logs, bodies, codes, revisions, frames and pairing messages hold for Ben too")


# --- Pairing -----------------------------------------------------------------------------------


def check_noes(story):
    for words, answers in (("Ana's no", {"answer": "no"}), ("Ben's no", {"phones_answer": False})):
        ana, ben = story.new_ana(words.replace(" ", "-")), Phone("Ben")
        process = ana.start("pair", "show", "--listen", "127.0.0.1:0")
        over = raises(Ended, pair_where_program_shows, process, ben, **answers)
        claim(over and finish(process)[0] != 0 and ana.run("status")["pairing"] == "unpaired" and not ben.bond,
              f"{words} to the short code ends pairing, and nothing is kept")


def check_wrong_code(story):
    ana, ben = story.new_ana("wrong-code"), Phone("Ben")
    with listening() as (listener, address):
        process = ana.start("pair", "join", pairing.new_code(), "--peer", address)
        refused = raises(Refused, pairing.show, ben, pairing.new_code(), listener.accept()[0])
    process.kill()
    claim(refused and not ben.bond, "Ben refuses a phone that has typed another code")


def check_ana_joins(story):
    """Returns the pair."""
    ana, ben = story.new_ana("ana-joins"), Phone("Ben")
    codes_are_same, session, (code, _) = pair_where_phone_shows(ana, ben)
    claim(codes_are_same and session.in_step() and code == 0,
          "Ana joins by the code that Ben shows, both show the same short code, and she links at once")
    claim(ana.run("status")["partner"] == "Ben" and ben.bond.partner_name == "Ana", "each knows the other's name")
    claim(same_logs(ana, ben), "both hold both logs with equal heads after the first link")
    return ana, ben


# --- Exchange ----------------------------------------------------------------------------------


def agree(ana, ben):
    """Each proposes and tells something, and consents to what the other proposes. Returns Ben's document."""
    document, _ = records.propose(ben, "We walk on Sundays.")
    ana.run("agreement", "propose", "--clause", "both: We cook on Fridays.")
    ana.run("openness", "post", "feeling", "I am glad.")
    exchange(ana, ben)
    ana.run("agreement", "consent", document.hex(), "--seen", ana.agreement(document)["view"])
    records.consent_to_all(ben)
    exchange(ana, ben)
    same(len(ana.run("agreement", "list")["now"]["in_force"]), 2)
    return document


def check_shared_items(ana, ben):
    """Each tells something that the other answers."""
    hurt = ana.run("telling", "tell", "hurt", "I sat there alone.", "--wish", "listen", "--part", "feelings=alone")
    question = records.tell(ben, "question", {"text": "What would help?"})
    need = records.tell(ben, "need", {"needs": ["A call."], "feelings": ["tense"]})
    exchange(ana, ben)
    read = [body for kind, body in ben.bodies.read(ben.theirs) if kind == "hurt.tell"]
    claim([(body["wish"], body["text"], body["feelings"]) for body in read]
          == [("listen", "I sat there alone.", ["alone"])], "Ben reads Ana's note of hurt, and her wish")
    shown = {item["id"]: item for item in ana.run("telling", "list")["told"]}
    claim(shown[question.hex()]["waits_for_me"] and shown[need.hex()]["parts"]
          == [{"section": "needs", "texts": ["A call."]}, {"section": "feelings", "texts": ["tense"]}],
          "Ana sees what Ben tells in two forms, part by part, and that one of them asks")
    records.answer(ben, "hurt", bytes.fromhex(hurt["id"]), "heard")
    records.answer(ben, "hurt", bytes.fromhex(hurt["id"]), "declined")
    ana.run("telling", "answer", question.hex(), "not_now")
    exchange(ana, ben)
    replies = [answer["reply"] for item in ana.run("telling", "list", "hurt")["told"] for answer in item["answers"]]
    claim(replies == ["heard"], "an answer that the form does not have is none")
    claim([record["reply"] for record in records.of_kind("question.answer", ben.their_logs)] == ["not_now"],
          "Ben reads Ana's answer")


def check_exchange(ana, ben):
    """Both propose, tell and consent. Returns the document of Ben's proposal."""
    document, hash = records.propose(ben, "We walk on Sundays.")
    position = records.post(ben, "feeling", "I am calm today.")
    hers = bytes.fromhex(ana.run("agreement", "propose", "--clause", "both: We cook on Fridays.")["id"])
    ana.run("openness", "post", "feeling", "I am glad.")
    session, code, _ = exchange(ana, ben)
    claim(code == 0 and session.in_step() and same_logs(ana, ben), "a sync brings both in step, and all heads are equal")
    claim("I am glad." in [body.get("text") for _, body in ben.bodies.read(ben.theirs)],
          "Ben reads the body of Ana's post, and it matches its commitment")
    claim(ana.posts() == {"I am glad.": "me", "I am calm today.": "partner"}, "Ana reads the body of Ben's post")
    shown = ana.agreement(document)
    claim(shown["on_table"][0]["clauses"][0]["text"] == "We walk on Sundays."
          and shown["on_table"][0]["hash"] == hash.hex() and shown["waits_for_me"],
          "Ana sees Ben's proposal, with the hash that Ben computes")
    claim(hers in [document for document, _ in records.proposals(ben.their_logs)], "Ben sees Ana's proposal")
    ana.run("agreement", "consent", document.hex(), "--seen", shown["view"])
    records.consent_to_all(ben)
    ledger = decode(decode(ben.own.entries[position[1]])["records"][0])["doc"]
    ben.write(({"kind": "words.withdraw", "doc": ledger, "of": position}, None))
    exchange(ana, ben, phone_dials=True)
    in_force = ana.run("agreement", "list")["now"]["in_force"]
    claim(sorted(in_force) == sorted([hers.hex(), document.hex()]),
          "with consents of both, both agreements are in force")
    claim(len(records.agreed(ben)) == 2 and same_logs(ana, ben), "Ben, who had dialled, holds both consents too")
    claim("I am calm today." not in ana.posts(), "Ana does not show any more what Ben has withdrawn")
    return document


def check_bodies(ana, ben):
    records.post(ben, "day", "A long day.")
    exchange(ana, ben, WithoutBodies)
    lacks = "A long day." not in ana.posts()
    session, code, _ = exchange(ana, ben, Staying)
    asked = [frame["t"] for frame in session.came if frame["t"] in ("want-bodies", "ping", "bye")]
    claim(lacks and code == 0 and asked == ["want-bodies", "ping", "bye"] and "A long day." in ana.posts(),
          "a single sync asks for a body that Ana lacks, waits until it has come, and leaves")
    held = {place: ben.bodies.present.pop(place) for place in list(ben.bodies.present) if place[0] == ben.theirs.id}
    for phone_dials in (False, True):
        session, code, _ = exchange(ana, ben, phone_dials=phone_dials)
        who = "Ben" if phone_dials else "Ana"
        claim(held and code == 0 and session.in_step() and held.items() <= ben.bodies.present.items(),
              f"a single sync answers for the bodies that Ben lacks before it leaves ({who} dials)")
        for place in held:
            del ben.bodies.present[place]
    ben.bodies.take(ben.theirs, [[*place[1:], body + b"\x00"] for place, body in held.items()])
    claim(not held.keys() & ben.bodies.present.keys(), "Ben keeps no body that differs from its commitment")
    with ana.watching() as address:
        link(ben, dial(address), True).run()
        claim(held.items() <= ben.bodies.present.items(), "a sync that goes on answers for them too")
        records.post(ben, "day", "A short day.")
        link(ben, dial(address), True).run()
        claim(until(lambda: "A short day." in ana.posts()), "and takes what Ben says on the next link")


def write_much(ben, entries):
    """Writes entries of 100 kB each, which nobody understands and everybody keeps."""
    for number in range(entries):
        ben.write(({"kind": "interop.note", "doc": secrets.token_bytes(16), "words": f"{number:02}" * 50_000}, None))


def check_cut_off(ana, ben):
    for _ in range(5):
        ana.run("agreement", "propose", *[word for _ in range(3) for word in ("--clause", "both: " + "𝄞" * 7990)])
    before, whole = len(ben.theirs), len(ben.theirs) + 5
    exchange(ana, ben, cut_off_at("entries"), patience=SHORT)
    reached = len(ben.theirs)
    claim(before < reached < whole, "Ben loses the connection between two runs of Ana's entries, and keeps the first")
    session, _, _ = exchange(ana, ben, Watched)
    claim(session.firsts(session.came, ben.theirs)[0] == reached and same_logs(ana, ben),
          "on the next link Ana goes on where he was")
    before = len(ben.own)
    write_much(ben, 40)
    exchange(ana, ben, cut_off_at("ack"), patience=SHORT)
    reached = ana.logs()[ben.own.id.hex()][0]
    claim(before < reached < len(ben.own), "Ana loses the connection among 4 MB of Ben's entries, and keeps what had come")
    session, _, _ = exchange(ana, ben, Watched, phone_dials=True)
    claim(session.firsts(session.went, ben.own)[0] == reached and same_logs(ana, ben),
          "on the next link Ben goes on where she was, and both are in step")


# --- Refusals ----------------------------------------------------------------------------------


def tampered(author, other):
    """Entries that must be refused as the next one of `author`'s log, by what is wrong with them."""
    entry = {"index": len(author), "seen": [], "records": [encode({"kind": "x.y"})]}
    _, length, head = author.pins[other.id]
    return {
        "another index": encode(entry | {"index": len(author) + 1}),
        "no record": encode(entry | {"records": []}),
        "a key that entries do not have": encode(entry | {"more": 1}),
        "CBOR that is not deterministic": b"\xbf" + encode(entry)[1:] + b"\xff",
        "more bytes after the end": encode(entry) + b"\x00",
        "a pin on its own log": encode(entry | {"seen": [author.checkpoint()]}),
        "a pin on what is not there": encode(entry | {"seen": [[other.id, len(other) + 1, bytes(32)]]}),
        "a pin with another head": encode(entry | {"seen": [[other.id, len(other), bytes(32)]]}),
        "a pin that goes back": encode(entry | {"seen": [[other.id, length - 1, head]]}),
        "a continuation of nothing": encode(entry | {"continues": [other.id, 0, other.heads[0]]}),
    }


def refusal(amends, phone, kind, **how):
    """The error with which a sync ends, or none."""
    _, code, said = exchange(amends, phone, kind, phone_dials=True, **how)
    return code and said[-1]["error"]["code"]


def check_refusals(ana, ben):
    heads, copy = ana.logs(), ana.copy("ana-control")
    good = encode({"index": len(ben.own), "seen": [], "records": [b"x"]})
    claim(refusal(copy, ben, offering(ben.own, good)) == 0 and copy.logs()[ben.own.id.hex()][0] == len(ben.own) + 1,
          "Ana takes an entry that breaks no rule, whatever its record is")
    claim(refusal(ana, ben, offering(ben.own, good, bytes(32)), patience=SHORT) == "Protocol" and ana.logs() == heads,
          "Ana throws back a run whose head is wrong, and her sync ends with an error")
    for words, entry in tampered(ben.own, ben.theirs).items():
        claim(refusal(ana, ben, offering(ben.own, entry)) == "Refused" and ana.logs() == heads,
              f"Ana refuses an entry of Ben's with {words}, and her sync ends with an error")
    for words, entry in tampered(ben.theirs, ben.own).items():
        claim(refuses(ben, entry), f"Ben refuses an entry of Ana's with {words}")
    good = encode({"index": len(ben.theirs), "seen": [], "records": [b"x"]})
    claim(refuses(ben, good, bytes(32)), "Ben throws back a run whose head is wrong")
    records.post(ben, "plan", "I come at six.")
    session, code, _ = exchange(ana, ben)
    claim(code == 0 and session.in_step() and same_logs(ana, ben) and "I come at six." in ana.posts(),
          "after all these refusals an honest entry is taken, and heads are equal")


def refuses(ben, entry, head=None):
    log, before = ben.theirs, ben.theirs.checkpoint()
    run = len(log), [entry], [bytes(16)], head or log.head_after([entry])
    return raises(Refused, ben.take, log, *run) and log.checkpoint() == before


def check_freezing(ana, ben):
    heads = ana.logs()
    claim(refusal(ana, ben, saying(len(ben.own), bytes(32))) == "Contradiction"
          and "other_log_changed" in ana.run("status")["notices"] and ana.logs() == heads,
          "Ana freezes Ben's log when he says that its head is another, and her sync ends with an error")
    claim(raises(Frozen, ben.theirs.compare, [ben.theirs.id, len(ben.theirs), bytes(32)]), "Ben freezes hers likewise")
    ana.run("openness", "post", "plan", "I come at seven.")
    before = len(ben.theirs)
    exchange(ana, ben, patience=SHORT)
    claim(len(ben.theirs) == before, "and takes no more of it")


def is_stranger(address, phone, bond):
    return raises((Ended, Refused), link, phone, dial(address), True, bond)


def check_stranger(ana, ben):
    """Nobody without the pair's secret gets a first frame through."""
    process = ana.start("sync", "--listen", "127.0.0.1:0", "--timeout", "10")
    address = event(process)["address"]
    refused = is_stranger(address, ben, dataclasses.replace(ben.bond, secret=bytes(32)))
    in_step = link(ben, dial(address), True).run()
    claim(refused and in_step and finish(process)[0] == 0,
          "Ana closes the door on who lacks the pair's secret, and opens it to Ben")


# --- Disks that were set back ------------------------------------------------------------------


def ana_paused(session):
    return bool(records.of_kind("agreement.suspend", session.phone.their_logs)) and session.settled()


def check_rollback(older, ben, document):
    """`older` is a copy of Ana's home from before her last entries."""
    with older.watching() as address:
        session = link(ben, dial(address), True, kind=Watched)
        session.run(ana_paused)
    wants = [frame["log"] for frame in session.came if frame["t"] == "want"]
    claim(ben.theirs.id in wants and same_logs(older, ben),
          "Ana's phone with a rolled-back disk gets its own entries back from Ben, by the marks beside them")
    claim(older.agreement(document)["suspended_by_me"],
          "and what was in force is paused until Ana resumes it, which Ben holds too")


def check_two_pasts(ana, ben):
    document = agree(ana, ben)
    older = ana.copy("ana-two-pasts")
    ana.run("openness", "post", "plan", "I come at eight.")
    exchange(ana, ben)
    older.run("openness", "post", "plan", "I come at nine.")
    older.run("agreement", "end", document.hex())
    with older.watching() as address:
        link(ben, dial(address), True).run(lambda session: ben.theirs.generation == 1 and ana_paused(session))
    claim(ben.their_logs[0].frozen and ben.theirs.generation == 1 and same_logs(older, ben),
          "Ana, whose log has two pasts, begins generation 1, which takes the place of the log that Ben has frozen")
    claim("agreement.end" in [record["kind"] for _, _, record in ben.theirs.records()]
          and "I come at eight." in older.posts(), "what she has ended stays ended, and the words that came back count")


# --- Another phone -----------------------------------------------------------------------------


def check_bens_new_phone(ana, old):
    document = agree(ana, old)
    write_much(old, 10)
    exchange(ana, old)
    said = old.own.checkpoint()
    new, process = Phone("Ben"), ana.start("pair", "replace", "--listen", "127.0.0.1:0")
    codes_are_same, shown, session = pair_where_program_shows(process, new, kind=Watched)
    wants = [frame for frame in session.went if frame["t"] == "want" and frame["log"] == said[0]]
    claim(codes_are_same and shown["replaces"] and shown["partner"] == "Ben" and new.person == old.person,
          "Ana shows a code for Ben's new phone, which becomes Ben")
    claim(session.in_step() and len(wants) > 1 and new.own_logs[0].checkpoint() == said and new.own.generation == 1,
          "it gets his earlier log back in several runs, ending as Ana's `replaces` said, and begins generation 1")
    claim({"name": "Ben"}.items() <= dict(new.bodies.read(new.own_logs[0]))["pair.open"].items(), "with its bodies")
    process.kill()
    claim(same_logs(ana, new) and ana.agreement(document)["suspended_by_partner"],
          "both hold all three logs with equal heads, and what was in force waits for Ben")
    records.resume(new, document)
    with ana.watching() as address:
        claim(is_stranger(address, old, old.bond), "Ben's phone before is a stranger to Ana")
        in_step = link(new, dial(address), True).run()
    claim(in_step and same_logs(ana, new) and document.hex() in ana.run("agreement", "list")["now"]["in_force"],
          "his new phone is none, and what he resumes is in force again")


def check_anas_new_phone(story, ana, ben):
    document = agree(ana, ben)
    said = ben.theirs.checkpoint()
    new, epoch = story.new_ana("ana-new-phone"), ben.bond.epoch
    codes_are_same, _, (code, _) = pair_where_phone_shows(new, ben, ana_paused)
    claim(codes_are_same and code == 0 and new.run("status")["partner"] == "Ben",
          "Ben shows a code for Ana's new phone, which becomes Ana")
    claim(ben.their_logs[0].checkpoint() == said and ben.theirs.generation == 1 and same_logs(new, ben),
          "it begins generation 1, which Ben takes, and both hold all three logs with equal heads")
    claim("waits_for_reconfirmation" in new.run("status")["notices"] and new.agreement(document)["suspended_by_me"],
          "it says that what is in force waits for Ana")
    claim("I am glad." in new.posts(), "and it has her words again")
    with listening() as (listener, address):
        process = ana.start("sync", "--peer", address, "--timeout", str(SHORT))
        claim(raises((Ended, Refused), link, ben, listener.accept()[0], False), "Ana's phone before is a stranger to Ben")
    claim(finish(process)[0] != 0 and ben.bond.epoch == epoch + 1, "and her sync ends with an error")


def run(program, vectors, folder):
    story = Story(program, folder)
    check_vectors(vectors)
    check_noes(story)
    check_wrong_code(story)
    check_anas_new_phone(story, *check_ana_joins(story))
    ana, ben = story.new_pair("ana-shows")
    claim(same_logs(ana, ben), "Ben joins by the code that Ana shows, with the same short code, and links")
    document = check_exchange(ana, ben)
    check_shared_items(ana, ben)
    check_bodies(ana, ben)
    older = ana.copy("ana-older")
    check_cut_off(ana, ben)
    check_refusals(ana, ben)
    check_stranger(ana, ben)
    claim(ana.run("doctor")["findings"] == [], "amends' own check of logs, documents and views passes")
    check_rollback(older, ben, document)
    check_two_pasts(*story.new_pair("two-pasts"))
    check_bens_new_phone(*story.new_pair("bens-new-phone"))
    check_freezing(*story.new_pair("freezing"))


def main():
    program, vectors = (Path(path).resolve() for path in sys.argv[1:])
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="amends-interop-") as folder:
        try:
            run(program, vectors, Path(folder))
        except Exception as error:
            print(f"FAILED  {error!r}", flush=True)
            raise
        finally:
            kill_all()
    print(f"all claims held, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
