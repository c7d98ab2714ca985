"""Writes every frame that passes the interfaces of this network namespace to a file.

Usage: python3 capture.py FILE (until it is stopped; needs root, Linux)
"""

import socket
import sys

ETH_P_ALL = 0x0003


def main(path: str) -> None:
    everything = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    everything.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    with open(path, "wb", buffering=0) as out:
        print("capturing", flush=True)
        while True:
            out.write(everything.recv(65_536))


main(sys.argv[1])
