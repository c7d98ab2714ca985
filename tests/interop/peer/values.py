"""Values (§1): the subset of CBOR, and what checks the form of a value."""

import cbor2


class Refused(Exception):
    """The other side broke a rule of the protocol. The first argument says which."""


class BadEntry(Refused):
    """An entry fails a check of §5: nothing more of its log is taken over this link."""


class Frozen(BadEntry):
    """A log differs from what its owner says it was: nothing more of it is taken at all (§5)."""


class Ended(Exception):
    """The connection is over."""


def need(condition, rule, error=Refused):
    """Refuses unless `condition` holds."""
    if not condition:
        raise error(rule)


def encode(value):
    """Deterministic CBOR."""
    return cbor2.dumps(value, canonical=True)


def decode(data):
    """Reads CBOR and refuses whatever is not in the subset or not in its one encoding."""
    try:
        value = cbor2.loads(data)
    except Exception as error:  # the reader has no common class for all that hostile bytes raise in it
        raise Refused(f"no CBOR: {error}") from None
    _check(value, depth=0)
    need(encode(value) == data, "CBOR that is not deterministic")
    return value


def _check(value, depth):
    if isinstance(value, (list, dict)):
        need(depth < 8, "nested too deep")
        for item in value.values() if isinstance(value, dict) else value:
            _check(item, depth + 1)
        need(isinstance(value, list) or all(type(key) is str for key in value), "a key is no text")
    elif type(value) is int:
        need(-(2**63) <= value < 2**63, "integer out of range")
    else:
        need(value is None or type(value) in (bool, str, bytes), "a type that is not in the subset")


def is_bytes(value, size):
    return type(value) is bytes and len(value) == size


def is_id(value):
    return is_bytes(value, 16)


def is_hash(value):
    return is_bytes(value, 32)


def is_uint(value):
    return type(value) is int and value >= 0


def is_list(value, least, most, item_is_right):
    return type(value) is list and least <= len(value) <= most and all(map(item_is_right, value))


def is_tuple(value, *forms):
    """Whether it is an array with one item of each form."""
    return type(value) is list and len(value) == len(forms) and all(form(item) for form, item in zip(forms, value))


def is_checkpoint(value):
    """`checkpoint = [log: id16, length: uint, head: hash]`"""
    return is_tuple(value, is_id, is_uint, is_hash)
