"""Runs the program `amends`, and lets a phone of `peer` pair and exchange with it."""

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time

from peer import pairing
from peer.channel import dial
from peer.session import Session, link

PATIENCE = 20


class Amends:
    """A home of the program: one phone."""

    started = []  # every process, so that none outlives the claims

    def __init__(self, program, home):
        self.program, self.home = program, home

    def start(self, *arguments):
        process = subprocess.Popen([self.program, "--home", self.home, "--json", *arguments], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.started.append(process)
        return process

    def run(self, *arguments):
        """Runs one command to its end, and returns what it says."""
        code, said = finish(self.start(*arguments))
        if code:
            raise AssertionError(f"amends {arguments} ends with {code}: {said}")
        return said[-1]["ok"]

    def logs(self):
        """Length and head of each log, by its id."""
        return {log["log"]: (log["length"], log["head"]) for log in self.run("log", "verify")["logs"]}

    def posts(self):
        return {post["text"]: post["by"] for post in self.run("openness", "list")["posts"]}

    def agreement(self, document):
        return self.run("agreement", "show", document.hex())

    def copy(self, name):
        return Amends(self.program, shutil.copytree(self.home, self.home.with_name(name)))

    @contextlib.contextmanager
    def watching(self):
        """`sync --watch`, which goes on until the block is left. Gives its address."""
        process = self.start("sync", "--watch", "--listen", "127.0.0.1:0")
        try:
            address = event(process)["address"]
            threading.Thread(target=process.stdout.read, daemon=True).start()  # so that it never has to wait
            yield address
        finally:
            process.terminate()
            process.wait(PATIENCE)


def event(process):
    """The next line that a command prints."""
    return json.loads(process.stdout.readline())["ok"]


def finish(process):
    output, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, [json.loads(line) for line in output.splitlines()]


def kill_all():
    for process in Amends.started:
        process.kill()
        process.communicate()


def until(condition):
    """Waits for a condition, and says whether it came."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@contextlib.contextmanager
def listening():
    """A listener on a free port, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        yield listener, "127.0.0.1:{}".format(listener.getsockname()[1])


def exchange(amends, phone, kind=Session, phone_dials=False, patience=PATIENCE // 2):
    """One `amends sync`. Returns the phone's session, and with which code and words the program ended."""
    if phone_dials:
        process = amends.start("sync", "--listen", "127.0.0.1:0", "--timeout", str(patience))
        connection = dial(event(process)["address"])
    else:
        with listening() as (listener, address):
            process = amends.start("sync", "--peer", address, "--timeout", str(patience))
            connection, _ = listener.accept()
    session = link(phone, connection, phone_dials, kind=kind)
    session.run()
    return session, *finish(process)


def compare_and_answer(process, conversation, answer="yes", phones_answer=True):
    """Both show a short code. Returns whether it is the same one, what the program showed, and the bond."""
    short_code, shown = conversation.short_code(), event(process)
    process.stdin.write(f"{answer}\n")
    process.stdin.flush()
    return shown["code"] == short_code, shown, conversation.answer(phones_answer)


def pair_where_program_shows(process, phone, kind=Session, **answers):
    """The phone joins the code that `pair show` or `pair replace` prints, and links."""
    shown = event(process)
    conversation = pairing.join(phone, shown["code"], dial(shown["address"]))
    same, compared, bond = compare_and_answer(process, conversation, **answers)
    session = link(phone, dial(shown["address"]), True, bond, kind)
    session.run()
    return same, compared, session


def pair_where_phone_shows(amends, phone, done=None):
    """`pair join` joins the code that the phone shows, and links."""
    code = pairing.new_code()
    with listening() as (listener, address):
        process = amends.start("pair", "join", code.lower(), "--peer", address)
        conversation = pairing.show(phone, code, listener.accept()[0])
        same, _, bond = compare_and_answer(process, conversation)
        session = link(phone, listener.accept()[0], False, bond)
    session.run(done)
    return same, session, finish(process)
