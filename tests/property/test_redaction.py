"""No generated secret is shown, in whatever form, between whatever else; and it takes no long time.

A secret has a word in it that stands nowhere else, several times, so that a part of it that is left
is seen, too.
"""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.redaction import redacted

WORD = "Zq7x"

PRINTABLE = "".join(c for c in string.printable if c.isprintable() and c != " ")


def secrets(alphabet):
    between = st.text(alphabet, max_size=3)
    return st.lists(between, min_size=2, max_size=4).map(WORD.join)


anything = secrets(PRINTABLE)
unquoted = anything.filter(lambda secret: secret[0] not in "\"'")
plain = secrets(string.ascii_letters + string.digits + "%._~-")

NAMES = st.sampled_from(
    [
        *("password", "PASSWORD", "passwd", "db_password", "passphrase", "X-Amz-Security-Token"),
        *("aws_secret_access_key", "client-secret", "token", "aws_session_token", "api_key"),
        *("signature", "X-Amz-Credential", "PREFECT_API_KEY", "pwd"),
    ]
)
SCHEMES = st.sampled_from(["https", "postgresql+asyncpg", "redis", "a.b", "s3"])
USERS = st.text(string.ascii_letters, max_size=5)

FORMS = st.one_of(
    st.builds("{}://{}:{}@host/db".format, SCHEMES, USERS, anything),
    st.builds("{}://{}@host".format, SCHEMES, plain),
    st.builds("{}={}".format, NAMES, unquoted),
    st.builds("{}: {}".format, NAMES, unquoted),
    st.builds(lambda name, secret: json.dumps({name: secret}), NAMES, anything),
    st.builds(lambda name, secret: json.dumps(json.dumps({name: secret})), NAMES, plain),
    st.builds(lambda name, secret: repr({name: secret}), NAMES, anything),
    st.builds("https://h/k?X-Amz-Signature={}&x=1".format, plain),
    st.builds("https://h/k?a=1&token={}".format, plain),
    st.builds("Authorization: Basic {}".format, anything),
    st.builds("authorization='Bearer {}'".format, anything),
    st.builds("-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----".format, anything),
    st.builds("-----BEGIN PRIVATE KEY-----\n{}".format, anything),
)
NOISE = st.text(st.characters(codec="utf-8") | st.sampled_from(" :/@\"'=?&\n"), max_size=20)


@given(before=NOISE, forms=st.lists(FORMS, min_size=1, max_size=3), after=NOISE)
def test_no_secret_is_shown(before, forms, after):
    shown = redacted("\n".join([before, *forms, after]))
    assert WORD not in shown
    assert "[hidden]" in shown


# A time that grew with the square of these would be hours.
@pytest.mark.parametrize(
    "piece",
    [
        *("a.", "://", "a://b@", "a://b:", "@", "://@", "a:/", "-", "?X-Amz-a", "&key=", "key"),
        *("token", "token:", 'token:"', "token:'", 'token"', "token  ", 'token:"\\', "\\", "-----"),
        *("-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----END ", "AGE-SECRET-KEY-"),
        *("Authorization", "Authorization ", "Authorization:\n", "Bearer ", "bearer", " "),
    ],
)
def test_hostile_text_takes_time_by_its_length(piece):
    text = piece * (600_000 // len(piece))
    for hostile in (text, f"a://b:{text}", f'token:"{text}', f"{text}@"):
        redacted(hostile)
