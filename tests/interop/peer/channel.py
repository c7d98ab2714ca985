"""Connections (§9): Noise over TCP, which carries frames."""

import socket

from noise.connection import Keypair, NoiseConnection

from .messages import MAX_FRAME
from .values import Ended, Refused, need

MAX_PLAINTEXT = 65_472
MAX_HANDSHAKE = 256
PATIENCE = 5  # seconds for the handshake, and for the first frame that a responder gets


class Channel:
    """A Noise connection over a socket, with its handshake done."""

    def __init__(self, connection, pattern, initiator, prologue, psk, private, partner_public=None):
        self.socket, self.initiator = connection, initiator
        self.received, self.padded = b"", b""  # so far, of the message and of the frame that are coming
        self.noise = NoiseConnection.from_name(f"Noise_{pattern}_25519_ChaChaPoly_BLAKE2s".encode())
        if initiator:
            self.noise.set_as_initiator()
        else:
            self.noise.set_as_responder()
        self.noise.set_prologue(prologue)
        self.noise.set_psks(psk)
        self.noise.set_keypair_from_private_bytes(Keypair.STATIC, private)
        if partner_public:
            self.noise.set_keypair_from_public_bytes(Keypair.REMOTE_STATIC, partner_public)
        try:
            self._shake_hands()
        except BaseException:
            self.close()
            raise

    def _shake_hands(self):
        self.socket.settimeout(PATIENCE)
        self.noise.start_handshake()
        state = self.noise.noise_protocol.handshake_state  # goes away with the last message
        writes = self.initiator
        while not self.noise.handshake_finished:
            if writes:
                self._write(bytes(self.noise.write_message()))
            else:
                message = self._read()
                need(len(message) <= MAX_HANDSHAKE, "handshake message too long")
                need(not self._open(self.noise.read_message, message), "handshake payload")
            writes = not writes
        self.partner_public = state.rs.public_bytes
        self.handshake_hash = self.noise.get_handshake_hash()

    def send(self, frame):
        """Sends a frame, padded to a multiple of 64, in as many Noise messages as it takes."""
        need(len(frame) <= MAX_FRAME, "own frame too long")
        padded = len(frame).to_bytes(4, "big") + frame
        padded += bytes(-len(padded) % 64)
        for start in range(0, len(padded), MAX_PLAINTEXT):
            self._write(self.noise.encrypt(padded[start:start + MAX_PLAINTEXT]))

    def receive(self):
        """The next frame. A timeout of the socket leaves what has come so far for the next call."""
        while len(self.padded) < self._announced():
            self.padded += self._open(self.noise.decrypt, self._read())
        padded, self.padded = self.padded, b""
        length = int.from_bytes(padded[:4], "big")
        need(len(padded) == padded_size(length), "frame and message do not end together")
        need(not any(padded[4 + length:]), "padding")
        return padded[4:4 + length]

    def close(self):
        self.socket.close()

    def _announced(self):
        """How many bytes the frame that is coming has with its length and padding."""
        if not self.padded:
            return 4
        need(len(self.padded) >= 4, "frame without a length")
        length = int.from_bytes(self.padded[:4], "big")
        need(length <= MAX_FRAME, "frame too long")
        return padded_size(length)

    def _open(self, noise, message):
        try:
            return noise(message)
        except Exception as error:  # the library has no common class for all that hostile bytes raise in it
            raise Refused(f"message does not decrypt: {error!r}") from None

    def _write(self, message):
        try:
            self.socket.sendall(len(message).to_bytes(2, "big") + message)
        except OSError as error:
            raise Ended(str(error)) from None

    def _read(self):
        while len(self.received) < 2 or len(self.received) < self._message_end():
            try:
                more = self.socket.recv(65_536)
            except TimeoutError:
                raise
            except OSError as error:
                raise Ended(str(error)) from None
            if not more:
                raise Ended("closed by the other side")
            self.received += more
        end = self._message_end()
        message, self.received = self.received[2:end], self.received[end:]
        return message

    def _message_end(self):
        return 2 + int.from_bytes(self.received[:2], "big")


def padded_size(length):
    """The size of a frame of this length with its length and padding."""
    return 4 + length + -(4 + length) % 64


def dial(address):
    """A connection to `host:port`."""
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=PATIENCE)
