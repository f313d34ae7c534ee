"""Runs a command where there is no network but the loopback:

    unshare --map-root-user --net python3 loopback.py COMMAND...

A fresh network namespace has a loopback that is still down. This raises it and becomes the command.
"""

import fcntl
import os
import socket
import struct
import sys

# From linux/sockios.h and linux/if.h.
SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1
IFREQ = "16sH14x"  # struct ifreq: a name, then its flags

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    answer = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack(IFREQ, b"lo", 0))
    flags = struct.unpack(IFREQ, answer)[1]
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack(IFREQ, b"lo", flags | IFF_UP))
os.execvp(sys.argv[1], sys.argv[1:])
