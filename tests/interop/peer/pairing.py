"""Pairing, and replacing a phone (§11)."""

import secrets

from .channel import Channel
from .hashes import hkdf, sha
from .messages import PAIRING_MESSAGES, read_message
from .phone import Bond
from .values import Ended, encode, need

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PROLOGUE = b"amends/pair/v1"
PATIENCE = 600  # seconds in which both people have to compare


def new_code():
    """A code to show: 15 random characters and one that checks them, in groups of four."""
    values = [secrets.randbelow(32) for _ in range(15)]
    values.append(_check_value(values))
    text = "".join(ALPHABET[value] for value in values)
    return "-".join(text[start:start + 4] for start in range(0, 16, 4))


def code_psk(code):
    """The pre-shared key of a code that was typed."""
    values = [ALPHABET.find(character) for character in code.replace("-", "").replace(" ", "").upper()]
    need(len(values) == 16 and min(values) >= 0 and _check_value(values[:15]) == values[15], "mistyped code")
    return hkdf(bytes(32), bytes(values), "amends/pair-code-psk/v1")


def _check_value(values):
    return sha("amends/pair-code/v1", bytes(values))[0] >> 3


def join(phone, code, connection):
    """Pairs with who shows a code and has been dialled."""
    return Pairing(phone, Channel(connection, "XXpsk0", True, PROLOGUE, code_psk(code), phone.private))


def show(phone, code, connection):
    """Pairs with who has dialled. A phone that has a bond stays in it, and the other is its partner's new phone."""
    return Pairing(phone, Channel(connection, "XXpsk0", False, PROLOGUE, code_psk(code), phone.private))


class Pairing:
    """One conversation after the handshake: `short_code`, then `answer`."""

    def __init__(self, phone, channel):
        self.phone, self.channel = phone, channel
        self.own = {"t": "reveal", "nonce": secrets.token_bytes(32), "share": secrets.token_bytes(32),
                    "person": phone.person, "name": phone.name}
        if phone.bond:
            self.own["replaces"] = {"pair": phone.bond.pair, "person": phone.bond.partner,
                                    "epoch": phone.bond.epoch + 1, "logs": phone.checkpoints()}

    def short_code(self):
        """Commits and reveals, and returns what both people compare."""
        self._send({"t": "commit", "hash": sha("amends/pair-commit/v1", encode(self.own))})
        committed = self._receive("commit")["hash"]
        self._send(self.own)
        self.other = self._receive("reveal")
        need(committed == sha("amends/pair-commit/v1", encode(self.other)), "reveal is not what was committed to")
        need(self.other["nonce"] != self.own["nonce"] and self.other["person"] != self.own["person"], "mirrored")
        need(not ("replaces" in self.own and "replaces" in self.other), "both want to stay")
        number = int.from_bytes(self._hash_nonces("amends/short-code/v1")[:8], "big")
        digits = f"{number % 10**12:012}"
        return " ".join((digits[:4], digits[4:8], digits[8:]))

    def answer(self, yes):
        """Says whether the short codes are equal, waits for the other, and returns the bond."""
        try:
            self._send({"t": "confirm" if yes else "cancel"})
            need(yes, "the short codes differ", Ended)
            self.channel.socket.settimeout(PATIENCE)
            self._receive("confirm")
        finally:
            self.channel.close()
        secret = hkdf(self.channel.handshake_hash, b"".join(self._of_both("share")), "amends/pair-secret/v1")
        return Bond(secret=secret, partner_name=self.other["name"],
                    partner_public=self.channel.partner_public, **self._who())

    def _who(self):
        """Pair, persons and epoch, which a replacement carries over."""
        if "replaces" in self.other:  # this phone is the new one
            stays = self.other["replaces"]
            return {"pair": stays["pair"], "person": stays["person"], "partner": self.other["person"],
                    "epoch": stays["epoch"], "returned": tuple(stays["logs"])}
        if "replaces" in self.own:  # this phone stays
            stays = self.own["replaces"]
            return {"pair": stays["pair"], "person": self.phone.person, "partner": stays["person"],
                    "epoch": stays["epoch"]}
        return {"pair": self._hash_nonces("amends/pair-id/v1")[:16], "person": self.phone.person,
                "partner": self.other["person"]}

    def _hash_nonces(self, label):
        return sha(label, self.channel.handshake_hash, *self._of_both("nonce"))

    def _of_both(self, name):
        """A field of who joined, then of who showed."""
        both = [self.own[name], self.other[name]]
        return both if self.channel.initiator else both[::-1]

    def _send(self, message):
        self.channel.send(encode(message))

    def _receive(self, kind):
        message = read_message(self.channel.receive(), PAIRING_MESSAGES)
        need(message["t"] != "cancel", "the other said no", Ended)
        need(message["t"] == kind, "message out of turn")
        return message
