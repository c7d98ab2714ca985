"""Records (§3, §4): what the claims need to say and to read."""

import secrets
import time
import unicodedata

from .hashes import ledger_id, own_document_id, revision_hash
from .phone import ZONE

DAY = 86_400


def propose(phone, text):
    """Proposes an agreement of one clause, for 30 days. Returns the document and the revision's hash."""
    now, document = int(time.time()), secrets.token_bytes(16)
    clause = {"id": "1", "text": unicodedata.normalize("NFC", text), "category": "general"}
    revision = {"kind": "communication", "clauses": [clause], "expires": now + 30 * DAY,
                "taper": [], "lang": "en", "parents": []}
    phone.write(({"kind": "agreement.propose", "doc": document, "at": [now, ZONE], "rev": revision}, None))
    return document, revision_hash(document, revision)


def consent_to_all(phone):
    """Consents to every proposal of the partner."""
    for document, hash in proposals(phone.their_logs):
        phone.write(({"kind": "agreement.consent", "doc": document, "hash": hash}, None))


def resume(phone, document):
    phone.write(({"kind": "agreement.resume", "doc": document}, None))


def pause_all(phone):
    """Pauses whatever is in force, in one entry."""
    pauses = [({"kind": "agreement.suspend", "doc": document}, None) for document in agreed(phone)]
    if pauses:
        phone.write(*pauses)


def post(phone, what, text):
    """Tells something for a day. Returns the post's position."""
    now, log = int(time.time()), phone.own
    ledger = ledger_id(phone.bond.pair, phone.person, now)
    record = {"kind": "openness.post", "doc": ledger, "at": [now, ZONE], "what": what, "until": now + DAY}
    return [log.id, phone.write((record, {"text": text})), 0]


def tell(phone, form, parts, days=None):
    """Tells something of a form, with its parts. Returns its document."""
    now, salt = int(time.time()), secrets.token_bytes(16)
    document = own_document_id(phone.bond.pair, phone.person, salt)
    record = {"kind": f"{form}.tell", "doc": document, "at": [now, ZONE], "salt": salt}
    if days:
        record["until"] = now + days * DAY
    phone.write((record, parts))
    return document


def answer(phone, form, document, reply):
    """Answers the last telling in a document of the partner's."""
    tellings = [[log.id, index, place] for log in phone.their_logs for index, place, record in log.records()
                if record["kind"] == f"{form}.tell" and record["doc"] == document]
    phone.write(({"kind": f"{form}.answer", "doc": document, "of": tellings[-1], "reply": reply}, None))


def of_kind(kind, logs):
    return [record for log in logs for _, _, record in log.records() if record["kind"] == kind]


def proposals(logs):
    """Document and hash of every proposal."""
    return [(record["doc"], revision_hash(record["doc"], record["rev"]))
            for record in of_kind("agreement.propose", logs)]


def agreed(phone):
    """Documents of what one has proposed and the other consented to, in order.

    That is less than §7 asks of what is in force. It is enough where nobody has taken anything back.
    """
    documents = set()
    for mine, other in ((phone.own_logs, phone.their_logs), (phone.their_logs, phone.own_logs)):
        consents = {(record["doc"], record["hash"]) for record in of_kind("agreement.consent", other)}
        documents.update(document for document, hash in proposals(mine) if (document, hash) in consents)
    return sorted(documents)
