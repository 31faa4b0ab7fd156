"""Media encrypted with public keys: what is published, for the customer; what is read, for us.

Two formats: `age`, and `rsa-envelope`, which is that of the hosted service. All cryptography is
that of two libraries, pyrage and cryptography (OpenSSL); nothing here invents any.
"""

from roomreel.encryption.envelope import INSTRUCTION_SUFFIX
from roomreel.encryption.opening import read_instruction, readable, told_encryption
from roomreel.encryption.private_keys import read_private_keys
from roomreel.encryption.sealing import (
    SUFFIXES,
    Seal,
    Sealed,
    check_keys,
    instruction_of,
    publish_sealed,
    seal_of,
)

__all__ = [
    "INSTRUCTION_SUFFIX",
    "SUFFIXES",
    "Seal",
    "Sealed",
    "check_keys",
    "instruction_of",
    "publish_sealed",
    "read_instruction",
    "read_private_keys",
    "readable",
    "seal_of",
    "told_encryption",
]
