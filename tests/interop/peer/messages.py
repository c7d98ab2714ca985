"""The forms of frames (§10) and of pairing messages (§11)."""

from .values import decode, is_bytes, is_checkpoint, is_hash, is_id, is_list, is_tuple, is_uint, need

MAX_FRAME = 1024 * 1024
MAX_IN_FRAME = 4096  # entries or places


def is_any_bytes(value):
    return type(value) is bytes


def is_place(value):
    return is_tuple(value, is_uint, is_uint)


def are_checkpoints(value):
    return is_list(value, 0, 128, is_checkpoint)


def are_claims(value):
    """`claim = [log: id16, length: uint, head: bytes .size 16]`"""
    return is_list(value, 0, 128, lambda claim: is_tuple(claim, is_id, is_uint, lambda head: is_bytes(head, 16)))


def are_bodies(value):
    """`[* body-at]`, and `body-at = [index: uint, place: uint, bytes]`"""
    return is_list(value, 0, MAX_FRAME, lambda body: is_tuple(body, is_uint, is_uint, is_any_bytes))


def is_replacement(value):
    forms = {"pair": is_id, "person": is_id, "epoch": is_uint, "logs": are_checkpoints}
    return type(value) is dict and value.keys() == forms.keys() and all(forms[name](value[name]) for name in forms)


FRAMES = {  # what each has besides "t"
    "hello": {"epoch": lambda value: is_bytes(value, 8), "logs": are_claims},
    "head-at": {"at": is_checkpoint},
    "want": {"log": is_id, "first": is_uint},
    "entries": {"log": is_id, "first": is_uint, "head": is_hash, "bodies": are_bodies,
                "entries": lambda value: is_list(value, 1, MAX_IN_FRAME, is_any_bytes),
                "tags": lambda value: is_list(value, 1, MAX_IN_FRAME, is_id)},
    "want-bodies": {"log": is_id, "bodies": lambda value: is_list(value, 0, MAX_IN_FRAME, is_place)},
    "bodies": {"log": is_id, "bodies": are_bodies},
    "ack": {"at": is_checkpoint}, "ping": {}, "pong": {}, "bye": {},
}
PAIRING_MESSAGES = {
    "commit": {"hash": is_hash},
    "reveal": {"nonce": is_hash, "share": is_hash, "person": is_id, "replaces": is_replacement,
               "name": lambda value: type(value) is str and 1 <= len(value) <= 64},
    "confirm": {}, "cancel": {},
}
OPTIONAL = {"replaces"}


def read_message(data, forms):
    """Decodes a frame or a pairing message, and checks its form."""
    message = decode(data)
    form = forms.get(message.get("t")) if type(message) is dict else None
    need(form is not None, "unknown message")
    fields = message.keys() - {"t"}
    need(form.keys() - OPTIONAL <= fields <= form.keys(), "fields of a message")
    for name in fields:
        need(form[name](message[name]), f"form of {name}")
    return message
