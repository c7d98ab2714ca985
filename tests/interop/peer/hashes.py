"""Hashes and identifiers (§2, §3, §4, §6)."""

import datetime
import hashlib
import hmac

from .values import encode


def sha(label, *parts):
    return hashlib.sha256(label.encode() + b"".join(parts)).digest()


def hkdf(salt, key_material, info):
    """HKDF-SHA-256 with an output of 32 bytes, which is one block."""
    pseudorandom_key = hmac.digest(salt, key_material, "sha256")
    return hmac.digest(pseudorandom_key, info.encode() + b"\x01", "sha256")


def log_id(pair, person, generation):
    return sha("amends/log-id/v1", pair, person, bytes([generation]))[:16]


def commitment(body):
    return sha("amends/body/v1", body)


def revision_hash(document, revision):
    return sha("amends/revision/v1", document, encode(revision))


def own_document_id(pair, person, salt):
    return sha("amends/own-document/v1", pair, person, salt)[:16]


def ledger_id(pair, person, moment):
    month = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime("%Y-%m")
    return sha("amends/ledger/v1", pair, person, month.encode())[:16]
