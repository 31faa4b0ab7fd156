"""One setting for all properties: enough examples to mean something, no time limit for one."""

import os

from hypothesis import HealthCheck, settings

# CI has the time for twice as many.
EXAMPLES = 400 if os.environ.get("CI") else 200

settings.register_profile(
    "properties",
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("properties")
