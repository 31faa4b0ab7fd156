"""Media encrypted with public keys: what is published, for the customer; what is read, for us.

Two formats: `age`, and `rsa-envelope`, which is that of the hosted service. All cryptography is
that of two libraries, pyrage and cryptography (OpenSSL); nothing here invents any.
"""

from roomreel.encryption.decryption import decrypt_media, encryption_of, read_instruction
from roomreel.encryption.encryptor import (
    SUFFIXES,
    EncryptedFile,
    Encryptor,
    check_keys,
    encryptor_of,
    instruction_file,
    publish_encrypted,
    put_instruction,
)
from roomreel.encryption.envelope import INSTRUCTION_SUFFIX
from roomreel.encryption.private_keys import read_private_keys

__all__ = [
    "INSTRUCTION_SUFFIX",
    "SUFFIXES",
    "EncryptedFile",
    "Encryptor",
    "check_keys",
    "decrypt_media",
    "encryption_of",
    "encryptor_of",
    "instruction_file",
    "publish_encrypted",
    "put_instruction",
    "read_instruction",
    "read_private_keys",
]
