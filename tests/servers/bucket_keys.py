"""Keys of buckets, as an operator would register them."""

SECRET = "top/secret"  # noqa: S105
KEYS = {
    "schema": "roomreel.buckets/1",
    "aws_access_key_id": "AKIAEXAMPLE",
    "aws_secret_access_key": SECRET,
    "buckets": ["media", "more"],
}
