import errno
import os

import pytest

from roomreel.errors import StorageFailed
from roomreel.storage.failure import storage_errors

MET = [
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.EIO,
]


def fail(error, place="somewhere"):
    with pytest.raises(StorageFailed) as caught, storage_errors("write", place):
        raise error
    return caught.value


@pytest.mark.parametrize("number", MET)
def test_what_is_met_in_the_field_has_words_and_a_remedy(number):
    error = OSError(number, os.strerror(number))
    failure = fail(error)
    assert failure.message.startswith("cannot write somewhere: ")
    assert os.strerror(number) not in failure.message
    assert failure.remedy
    assert failure.__cause__ is error


def test_the_rest_is_said_as_the_system_says_it():
    assert os.strerror(errno.EMFILE) in fail(OSError(errno.EMFILE, "")).message
    assert "no bucket" in fail(FileNotFoundError("no bucket")).message


def test_a_place_cannot_steer_a_terminal():
    assert "\x1b" not in fail(OSError(errno.EIO, ""), "\x1b[2J").message
