"""A second implementation of the protocol of Amends, written from core/PROTOCOL.md alone.

Whatever the text leaves open or gets wrong shows here, as this code shares nothing with the program
that it talks to. Section signs (§) name sections of the text.

It pairs, links, keeps and checks logs and bodies, replaces a phone and is the new one. It leaves out
documents (§8), deriving what counts (§7, but for a rough guess at what is in force), recovery of a
disk that was set back (§10), QR codes (§11), keeping anything on disk (§12), finding each other (§15)
and bundles (§16).
"""
