import pytest

from roomreel.errors import SettingsInvalid
from roomreel.settings import load

SECRETS = [
    "AGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQ",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----",
]


@pytest.mark.parametrize("name", ["private_key", "public_key"])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_key_is_no_setting_and_is_not_repeated(tmp_path, name, secret):
    path = tmp_path / "some.toml"
    path.write_text(f'{name} = """{secret}"""\n')
    with pytest.raises(SettingsInvalid, match="name the file that holds the key") as caught:
        load(path)
    assert secret not in str(caught.value)


def test_encryption_is_for_somebody(tmp_path):
    path = tmp_path / "some.toml"
    path.write_text('encryption = "age"\n')
    with pytest.raises(SettingsInvalid, match="needs a public_key"):
        load(path)
