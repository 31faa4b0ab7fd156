"""One setting for all properties: enough examples to mean something, no time limit for one."""

import os

from hypothesis import HealthCheck, settings

# CI has the time for all of them.
EXAMPLES = 1000 if os.environ.get("CI") else 200

settings.register_profile(
    "properties",
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("properties")
